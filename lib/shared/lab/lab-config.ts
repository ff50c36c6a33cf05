/** A lab's settings as a page's address holds them: whoever opens it gets the same lab. */
import type { LabConfig } from './lab-view.ts';

const defaults: LabConfig = {
  cloud: 'aws',
  preset: 'daily',
  ttlMinutes: 60,
  processes: 8,
  spread: 'none',
  seed: 1,
  scenario: null,
};

/** A lab's settings as parameters of an address; null where one is as by default. */
export type LabParams = {
  [K in keyof LabConfig as K extends 'ttlMinutes' ? 'ttl' : K]: LabConfig[K] | null;
};

/** The settings of an address. */
export const labConfigOf = (params: LabParams): LabConfig => ({
  cloud: params.cloud ?? defaults.cloud,
  preset: params.preset ?? defaults.preset,
  ttlMinutes: params.ttl ?? defaults.ttlMinutes,
  processes: params.processes ?? defaults.processes,
  spread: params.spread ?? defaults.spread,
  seed: params.seed ?? defaults.seed,
  scenario: params.scenario,
});

export function labParams(config: LabConfig): LabParams {
  const param = <K extends keyof LabConfig>(name: K): LabConfig[K] | null =>
    config[name] === defaults[name] ? null : config[name];
  return {
    cloud: param('cloud'),
    preset: param('preset'),
    ttl: param('ttlMinutes'),
    processes: param('processes'),
    spread: param('spread'),
    seed: param('seed'),
    scenario: param('scenario'),
  };
}
