/** The sections of a check that compare what serves with a candidate that composes. */
import { listSizeIn } from '../../config/index.ts';
import { messageOf } from '../../errors/index.ts';
import { onDemand } from '../../lib/index.ts';
import { openPricer, type Pricer } from '../../open-pricer.ts';
import { createPlannerPool } from '../../planning/index.ts';
import type { SupergraphParts } from '../../read-supergraph.ts';
import type { CheckOptions } from './check-options.ts';
import type { CheckSection, SectionName } from './check-report.ts';
import { definitionPlaces, type FindPlaces } from './examine/definition-places.ts';
import type { Examination, Examined } from './examine/examine.ts';
import { ExamineError, examineInWorker } from './examine/examine-in-worker.ts';
import { accessDrafts } from './sections/access-section.ts';
import { aiDrafts } from './sections/ai-section.ts';
import { changeDrafts } from './sections/changes-section.ts';
import { costDrafts, planDrafts } from './sections/cost-section.ts';
import { documentDrafts } from './sections/documents-section.ts';
import { type Draft, finishSection, type Rights, skippedSection } from './sections/draft.ts';
import { eslintMissing, lintDrafts, newHints } from './sections/lint-section.ts';
import { type PriceableOperation, type PricedOperations, priceOperations } from './sections/price-operations.ts';
import { priceableOperations } from './sections/priceable-operations.ts';
import { testChangedPrompts } from './sections/prompt-tests.ts';
import type { OperationUsage } from './usage-reader.ts';
import type { Traffic } from './weigh.ts';

export interface Compared {
  readonly options: CheckOptions;
  readonly before: SupergraphParts | undefined;
  readonly after: SupergraphParts;
  readonly traffic: Traffic | undefined;
  readonly rights: Rights;
}

const defaultOperations = 50;
/** Sizes of lists are those of no subgraph in particular. */
const noSubgraph = '';

export class ComparedParts {
  readonly #options: CheckOptions;
  readonly #before: SupergraphParts | undefined;
  readonly #after: SupergraphParts;
  readonly #traffic: Traffic | undefined;
  readonly #rights: Rights;
  readonly #placesOf: FindPlaces;

  constructor({ options, before, after, traffic, rights }: Compared) {
    this.#options = options;
    this.#before = before;
    this.#after = after;
    this.#traffic = traffic;
    this.#rights = rights;
    const places = onDemand(() => definitionPlaces(sourcesOf(before), sourcesOf(after)));
    this.#placesOf = (coordinate) => places()(coordinate);
  }

  /** All but that of composition. */
  async sections(): Promise<readonly CheckSection[]> {
    const { operations: limit = defaultOperations } = this.#options;
    const examination = await this.#examine();
    const mostUsed = (await this.#traffic?.reader.mostUsed(limit, this.#traffic.window)) ?? [];
    return [await this.#changes(examination), ...(await this.#withPricers(mostUsed, limit, this.#lint(examination)))];
  }

  /** The message, where the schemas are beyond its bounds. */
  async #examine(): Promise<Examination | ExamineError> {
    const { signal } = this.#options;
    try {
      const before = this.#before && examinedOf(this.#before);
      return await examineInWorker({ before, after: examinedOf(this.#after), signal });
    } catch (error) {
      if (error instanceof ExamineError) return error;
      throw error;
    }
  }

  async #changes(examination: Examination | ExamineError): Promise<CheckSection> {
    if (examination instanceof ExamineError) {
      const suggestedFix = 'make the schemas smaller or simpler';
      return this.#finish('changes', [
        { severity: 'error', code: 'CHECK_TOO_LARGE', message: examination.message, places: [], suggestedFix },
      ]);
    }
    if (this.#before === undefined) return skippedSection('changes', 'nothing has been published yet');
    const { thresholds = {} } = this.#options;
    const drafts = await changeDrafts(examination.changes, this.#traffic, thresholds);
    const notes =
      this.#traffic === undefined ? ['nothing is known of traffic, so every breaking change counts as used'] : [];
    return this.#finish('changes', drafts, notes);
  }

  #lint(examination: Examination | ExamineError): CheckSection {
    if (examination instanceof ExamineError) return skippedSection('lint', examination.message);
    const { lint, unlistedFindings, olderFindings, hasEslint } = examination;
    const hints = newHints(this.#before?.composition.hints ?? [], this.#after.composition.hints);
    const notes = [
      ...(hasEslint ? [] : [eslintMissing]),
      ...(unlistedFindings === 0 ? [] : [`further findings that are not listed: ${unlistedFindings}`]),
      ...(olderFindings === 0 ? [] : [`${olderFindings} findings are older than this change`]),
    ];
    return this.#finish('lint', [...lintDrafts(lint), ...hints], notes);
  }

  async #withPricers(
    mostUsed: readonly OperationUsage[],
    limit: number,
    lint: CheckSection,
  ): Promise<readonly CheckSection[]> {
    const { log, signal, trustedDocuments: documents = [] } = this.#options;
    const [before, after] = [this.#before, this.#after];
    const planners = createPlannerPool({ log });
    const pricers: Pricer[] = [];
    const open = async (parts: SupergraphParts): Promise<Pricer> => {
      const pricer = await openPricer(parts, { log, planners });
      pricers.push(pricer);
      return pricer;
    };
    try {
      const later = await open(after);
      const earlier = before && (await open(before));
      const requests = this.#traffic?.requests ?? 0;
      const schemas = { before: earlier?.apiSchema, after: later.apiSchema };
      const drafts = await documentDrafts({ ...schemas, documents, operations: mostUsed, requests, signal });
      const documentNotes = documents.length === 0 ? [] : [`trusted documents validated: ${documents.length}`];
      return [
        this.#finish('documents', drafts, documentNotes),
        lint,
        ...(await this.#costs(
          priceableOperations(mostUsed, documents, limit, listSizeIn(after.config.limits.cost, noSubgraph)),
          earlier,
          later,
        )),
        await this.#access(),
        await this.#ai(earlier, later),
      ];
    } finally {
      for (const pricer of pricers) await pricer.close();
      await planners.close();
    }
  }

  async #costs(
    operations: readonly PriceableOperation[],
    earlier: Pricer | undefined,
    later: Pricer,
  ): Promise<readonly CheckSection[]> {
    const reason =
      earlier === undefined
        ? 'nothing has been published yet'
        : this.#before?.id === this.#after.id
          ? 'nothing has changed'
          : 'no operations are known: neither of traffic nor trusted documents';
    if (earlier === undefined || operations.length === 0 || this.#before?.id === this.#after.id)
      return [skippedSection('cost', reason), skippedSection('plans', reason)];
    const { signal } = this.#options;
    let priced: PricedOperations;
    try {
      priced = await priceOperations(operations, { before: earlier, after: later, signal });
    } catch (error) {
      signal?.throwIfAborted();
      const failed = `the operations cannot be planned: ${messageOf(error)}`;
      return [skippedSection('cost', failed), skippedSection('plans', failed)];
    }
    const { prices, late } = priced;
    const notes = [
      `operations planned, with lists of assumed sizes: ${prices.length}`,
      ...(late === 0 ? [] : [`operations left out, because planning the others took too long: ${late}`]),
    ];
    const max = { before: earlier.max, after: later.max };
    return [this.#finish('cost', costDrafts(prices, max), notes), this.#finish('plans', planDrafts(prices), notes)];
  }

  async #access(): Promise<CheckSection> {
    if (this.#before === undefined) return skippedSection('access', 'nothing has been published yet');
    return this.#finish('access', await accessDrafts(this.#before, this.#after, this.#placesOf));
  }

  async #ai(earlier: Pricer | undefined, later: Pricer): Promise<CheckSection> {
    const { testsPrompts = false, log, signal } = this.#options;
    const nothing = { prompts: new Map(), report: [], sensitive: new Map() };
    const drafts = aiDrafts({
      before: this.#before ?? nothing,
      after: this.#after,
      pricesBefore: earlier?.fields ?? [],
      pricesAfter: later.fields,
      placesOf: this.#placesOf,
    });
    if (!testsPrompts) return this.#finish('ai', drafts);
    const tests = await testChangedPrompts(this.#before, this.#after, { log, signal });
    return this.#finish('ai', [...tests.drafts, ...drafts], [tests.note]);
  }

  #finish(name: SectionName, drafts: readonly Draft[], notes: readonly string[] = []): CheckSection {
    return finishSection(name, drafts, this.#rights, notes);
  }
}

function sourcesOf(parts: SupergraphParts | undefined): Examined['sources'] {
  return [...(parts?.sources.values() ?? [])].map(({ name, sdl, origin }) => ({ name, sdl, origin }));
}

function examinedOf(parts: SupergraphParts): Examined {
  return { apiSdl: parts.composition.apiSdl, sources: sourcesOf(parts) };
}
