import type { DemoClock } from './clock.ts';
import { draw, seedOf } from './noise.ts';
import { incident } from './scenario.ts';

/** The prompts that the demo's drift probes send. */
export const probePrompts = {
  capitals: 'List the capitals of France, Japan, Kenya and Chile, one a line, nothing else.',
  feynman: 'Tell me about Richard Feynman in three sentences.',
  'sql-join':
    'Write one SQL query that lists each customer with the number of their orders, customers without orders included.',
} as const;

/** Runs in each round of a probe. */
export const probeRuns = 8;

const answers: Readonly<Record<string, string>> = {
  [probePrompts.capitals]: 'Paris\nTokyo\nNairobi\nSantiago',
  [probePrompts.feynman]:
    'Richard Feynman was an American theoretical physicist, born in Queens, New York, in 1918. He shared the Nobel Prize in Physics in 1965 for his work on quantum electrodynamics and drew the diagrams that carry his name. He was also known as a teacher, a bongo player and the man who dipped an O-ring into ice water to explain the Challenger disaster.',
  [probePrompts['sql-join']]:
    'SELECT c.id, c.name, COUNT(o.id) AS orders\nFROM customers AS c\nLEFT JOIN orders AS o ON o.customer_id = c.id\nGROUP BY c.id, c.name\nORDER BY orders DESC;',
};

/** Where the answer forks under load: two continuations of nearly the same probability. */
const forks: readonly (readonly [from: string, to: string])[] = [
  ['born in Queens, New York, in 1918', 'born in New York City in 1918'],
  ['drew the diagrams that carry his name', 'invented the diagrams named after him'],
];

export interface ChatRequest {
  readonly model: string;
  readonly prompt: string;
}

/** A chat endpoint whose answers depend on the prompt alone, but during the drift also on how many requests run at once. */
export class ChatSimulator {
  readonly deployment: string;
  readonly #clock: DemoClock;
  /** Requests under way, by prompt. */
  readonly #running = new Map<string, number>();
  #served = 0;

  constructor(clock: DemoClock, deployment: string) {
    this.#clock = clock;
    this.deployment = deployment;
  }

  /**
   * Answers as `POST /v1/chat/completions`. `wait` passes while the request runs: requests that overlap count each other,
   * and the place among them decides the batch, and so the fork. Only requests with the same prompt count, so that the
   * demo's probes, which run at the same time, do not shake each other's serial rounds.
   */
  async complete({ model, prompt }: ChatRequest, atMs: number, wait: () => Promise<void>): Promise<unknown> {
    const place = this.#running.get(prompt) ?? 0;
    this.#running.set(prompt, place + 1);
    const ordinal = ++this.#served;
    try {
      await wait();
      const text = this.#text(prompt, place, atMs);
      const promptTokens = Math.ceil(prompt.length / 4) + 12;
      const completionTokens = Math.ceil(text.length / 4);
      return {
        id: `chatcmpl-${draw(seedOf(this.deployment), ordinal).toString(16).padStart(8, '0')}`,
        object: 'chat.completion',
        created: Math.floor(atMs / 1000),
        model,
        choices: [{ index: 0, message: { role: 'assistant', content: text }, logprobs: null, finish_reason: 'stop' }],
        usage: {
          prompt_tokens: promptTokens,
          completion_tokens: completionTokens,
          total_tokens: promptTokens + completionTokens,
        },
        system_fingerprint: fingerprintOf(this.deployment),
      };
    } finally {
      const left = (this.#running.get(prompt) ?? 1) - 1;
      if (left === 0) this.#running.delete(prompt);
      else this.#running.set(prompt, left);
    }
  }

  #text(prompt: string, place: number, atMs: number): string {
    const answer =
      answers[prompt] ??
      `I am ${this.deployment}, a simulated model, and I do not know about "${prompt.slice(0, 80)}".`;
    const drifts = isDrifting(this.#clock, this.deployment, prompt, atMs);
    return drifts ? forkedAnswer(answer, place) : answer;
  }
}

function isDrifting(clock: DemoClock, deployment: string, prompt: string, atMs: number): boolean {
  return (
    deployment === incident.drift.deployment &&
    prompt === probePrompts[incident.drift.probe] &&
    clock.active('drift', atMs)
  );
}

/** The answer of the request that is the `place`th of those under way; alone (0) it never forks. */
function forkedAnswer(answer: string, place: number): string {
  const fork = place % 3 === 2 ? forks[1] : place % 3 === 1 && place > 1 ? forks[0] : undefined;
  return fork === undefined ? answer : answer.replace(fork[0], fork[1]);
}

/** What a round of a probe gives: its outputs in the order of their places. For the history, which asks nobody. */
export function roundOutputs(
  clock: DemoClock,
  deployment: string,
  probe: keyof typeof probePrompts,
  mode: 'serial' | 'concurrent',
  atMs: number,
): string[] {
  const prompt = probePrompts[probe];
  const answer = answers[prompt] as string;
  const drifts = mode === 'concurrent' && isDrifting(clock, deployment, prompt, atMs);
  return Array.from({ length: probeRuns }, (_, place) => (drifts ? forkedAnswer(answer, place) : answer));
}

export const fingerprintOf = (deployment: string): string => `fp_${(seedOf(deployment) % 0xffffff).toString(16)}`;
