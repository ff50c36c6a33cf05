import type { Command } from 'commander';
import { WrongUse } from './options.ts';

/** A command whose name is fixed and whose work is not in this release: it says so and exits 2. */
export function laterCommand(program: Command, name: string, description: string): void {
  program
    .command(name)
    .description(`${description} (not in this release)`)
    .allowUnknownOption()
    .allowExcessArguments()
    .action(() => {
      throw new WrongUse(`${name} is not in this release yet; replay and explain are.`);
    });
}
