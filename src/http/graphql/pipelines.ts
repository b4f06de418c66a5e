/** The pipelines of a generation: that of the whole API schema, and those of contracts, made when they are first needed. */
import type { Logger } from '../../observability/index.ts';
import type { GatewayGeneration } from '../../runtime/index.ts';
import { type ApolloPipeline, createApolloPipeline } from './apollo-pipeline.ts';

/** @param contract undefined: the whole API schema */
export type PipelineOf = (contract: string | undefined) => ApolloPipeline | Promise<ApolloPipeline>;

export async function createPipelines(generation: GatewayGeneration, log: Logger): Promise<PipelineOf> {
  const { apiSchemas } = generation;
  const pipelineOf = async (contract: string | undefined) =>
    createApolloPipeline(generation, await apiSchemas.view(contract), log);
  const whole = await pipelineOf(undefined);
  const ofContracts = new Map<string, ApolloPipeline | Promise<ApolloPipeline>>();
  return (contract) => {
    if (contract === undefined) return whole;
    let pipeline = ofContracts.get(contract);
    if (pipeline === undefined) {
      const created = pipelineOf(contract).then((ready) => {
        ofContracts.set(contract, ready);
        return ready;
      });
      pipeline = created;
      ofContracts.set(contract, created);
    }
    return pipeline;
  };
}
