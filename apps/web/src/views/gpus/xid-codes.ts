/**
 * What an XID means and what to do, for the codes that end jobs.
 * Source: NVIDIA, "XID Errors", docs.nvidia.com/deploy/xid-errors.
 */
export const xidCodes: Readonly<Record<number, { readonly meaning: string; readonly action: string }>> = {
  13: {
    meaning: 'Graphics engine exception',
    action: 'Look at the program first: usually an illegal instruction or access.',
  },
  31: { meaning: 'GPU memory page fault', action: 'Look at the program first: an illegal address.' },
  43: { meaning: 'GPU stopped processing', action: 'The program hit an error; the GPU stays usable.' },
  45: { meaning: 'Preemptive cleanup after another error', action: 'Find the XID before it.' },
  48: { meaning: 'Double-bit ECC error', action: 'Drain the node and reset the GPU.' },
  62: { meaning: 'Internal microcontroller halt', action: 'Reset the GPU; replace it when it comes back.' },
  63: { meaning: 'Row remapping recorded', action: 'Reset the GPU when the job ends, so that the remap takes effect.' },
  64: { meaning: 'Row remapping failed', action: 'Replace the GPU.' },
  74: { meaning: 'NVLink error', action: 'Check the link and its peer; reset both GPUs.' },
  79: {
    meaning: 'GPU has fallen off the bus',
    action: 'Drain the node, power-cycle it; replace the GPU when it comes back.',
  },
  92: { meaning: 'High single-bit ECC error rate', action: 'Run diagnostics at the next drain.' },
  94: { meaning: 'Contained ECC error', action: 'Restart the job that was hit; reset the GPU when it is idle.' },
  95: { meaning: 'Uncontained ECC error', action: 'Drain the node and reset the GPU.' },
  119: { meaning: 'GSP RPC timeout', action: 'Reset the GPU; update driver and firmware when it comes back.' },
  120: { meaning: 'GSP error', action: 'Reset the GPU; update driver and firmware when it comes back.' },
};
