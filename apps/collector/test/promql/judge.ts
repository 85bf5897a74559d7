import { type Agree, difference } from './answers.ts';
import type { Contestant } from './contestants.ts';
import { namedDifferences } from './named-differences.ts';
import { inWordsOf242, rulesOf242 } from './prometheus-2-42.ts';
import type { PrometheusServer } from './prometheus-server.ts';
import { Shaken } from './shaken.ts';
import type { Failing } from './shrink.ts';

/** What became of a comparison: nothing where both agree, the name of a known difference, or what is wrong. */
export interface Verdict {
  readonly name?: string;
  readonly fault?: string;
  /** Whether Prometheus answered with anything. */
  readonly answered: boolean;
}

/** Compares our engine with Prometheus 2.42, query by query. */
export class Judge {
  readonly #prometheus: PrometheusServer;
  readonly #ours: Contestant;
  readonly #agree: Agree;
  readonly #shaken = new Shaken();

  constructor(prometheus: PrometheusServer, ours: Contestant, agree: Agree) {
    this.#prometheus = prometheus;
    this.#ours = ours;
    this.#agree = agree;
  }

  async judge({ asked, data }: Failing): Promise<Verdict> {
    await Promise.all([this.#prometheus.load(data), this.#ours.load(data)]);
    const [of242, plain] = await Promise.all([this.answerOf242({ asked, data }), this.#ours.ask(asked)]);
    const answered = of242.kind === 'series' && of242.series.size > 0;
    if (difference(of242, plain, this.#agree) === undefined) return { answered };
    using _ = rulesOf242();
    const ours = await this.#ours.ask(asked);
    const fault = difference(of242, ours, this.#agree);
    if (fault === undefined) return { name: 'counters near zero', answered };
    const askOurs = (query: string) => this.#ours.ask({ ...asked, query });
    const askShaken = async () => {
      await this.#shaken.load(data);
      return this.#shaken.ask(asked);
    };
    for (const { name, explains } of namedDifferences)
      if (await explains({ asked, of242, ours, askOurs, askShaken })) return { name, answered };
    return { fault, answered };
  }

  async answerOf242({ asked, data }: Failing) {
    await this.#prometheus.load(data);
    return this.#prometheus.ask({ ...asked, query: inWordsOf242(asked.query) });
  }
}
