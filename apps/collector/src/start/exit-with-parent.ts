/**
 * Preloaded (`node --import`) into a program that is not ours: ends it when the process that started it is gone, which
 * shows as the closing of the IPC channel. The channel alone does not keep the program alive.
 */
if (process.connected) {
  process.once('disconnect', () => process.exit(0));
  process.channel?.unref();
}
