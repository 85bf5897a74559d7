import type { Guide } from '#panel/guide.ts';

export const driftGuide: Guide = {
  see: 'whether the same question still gets the same answer',
  receivers: ['drift', 'remote-write', 'otlp'],
  steps:
    'name a question and an OpenAI-compatible server. Each probe is asked eight times in a row and eight times at once, at temperature 0, every five minutes; it costs the tokens of those answers. Save these lines as binnacle.yaml:',
  yaml: `receivers:
  drift:
    probes:
      - name: feynman
        endpoint: http://vllm.serving:8000
        model: llama-3.1-8b-instruct
        prompt: Tell me about Richard Feynman in three sentences.
        labels: { cluster: my-cluster }`,
  command: 'npx binnacle agent --config binnacle.yaml --gateway http://gateway:4318',
};
