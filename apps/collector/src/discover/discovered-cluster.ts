/** Value of the label `cluster` on what was found on this machine. */
export const discoveredCluster = 'this-machine';
