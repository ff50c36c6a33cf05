/** A lab's settings as a page's address holds them: whoever opens it gets the same lab. */
import {
  type LabConfig,
  labBounds,
  labClouds,
  labPresets,
  labScenarioIds,
  labSpreads,
} from './lab-view.ts';

const defaults: LabConfig = {
  cloud: 'aws',
  preset: 'daily',
  ttlMinutes: 60,
  processes: 8,
  spread: 'none',
  seed: 1,
  scenario: null,
};

/** The settings of a query; what is missing or makes no sense is as by default. */
export function parseLabConfig(query: { get(name: string): string | null }): LabConfig {
  const one = <T extends string>(name: string, known: readonly T[]): T | undefined =>
    known.find((value) => value === query.get(name));
  const whole = (name: string, { min, max }: { min: number; max: number }): number | undefined => {
    const text = query.get(name) ?? '';
    const value = Number(text);
    return /^\d+$/.test(text) && value >= min && value <= max ? value : undefined;
  };
  return {
    cloud: one('cloud', labClouds) ?? defaults.cloud,
    preset: one('preset', labPresets) ?? defaults.preset,
    ttlMinutes: whole('ttl', labBounds.ttlMinutes) ?? defaults.ttlMinutes,
    processes: whole('processes', labBounds.processes) ?? defaults.processes,
    spread: one('spread', labSpreads) ?? defaults.spread,
    seed: whole('seed', labBounds.seed) ?? defaults.seed,
    scenario: one('scenario', labScenarioIds) ?? null,
  };
}

/** The same as parameters; null where it is as by default. */
export function labParams(config: LabConfig): Record<string, string | null> {
  const param = (name: keyof LabConfig) =>
    config[name] === defaults[name] ? null : String(config[name]);
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
