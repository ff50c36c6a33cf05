'use client';

import { callsHref, spikeCountHref } from '../../lib/shared/calls-href.ts';
import type { ExplainFilter } from '../../lib/shared/dto.ts';
import { echoText } from '../../lib/shared/echo-param.ts';
import { instantText, nounText, rangeText, shareText } from '../../lib/shared/screen-text.ts';
import type { EchoOrigin, EchoStep, SpikeDetail } from '../../lib/shared/spike-view.ts';
import { urlInstant } from '../../lib/shared/window-param.ts';
import { causePaint } from '../charts/cause-style.ts';
import { CauseName } from '../charts/cause-swatch.tsx';
import { addToUrl } from '../hooks/url-params.ts';
import { StateBox } from '../states/state-box.tsx';
import { Badge } from '../ui/badge.tsx';
import { CountLink } from '../ui/count-link.tsx';
import { PageLink } from '../ui/page-link.tsx';
import { Panel } from '../ui/panel.tsx';
import { Term } from '../ui/term.tsx';
import { originWords, unitWords } from './spike-words.ts';

/** From what began it to this spike and beyond: each generation of re-validations, by lineage. */
export function EchoChain({ spike, echo }: { spike: SpikeDetail; echo: EchoOrigin | null }) {
  const { chain, unit } = spike;
  return (
    <Panel
      title="Echo chain"
      className="span-all"
      note={
        <>
          An <Term of="echo" /> by lineage: each load knows the load that it continues, back to the
          one that began it.
        </>
      }
    >
      {echo === null ? (
        <StateBox
          kind="empty"
          title={unit === 'calls' ? 'It is nobody’s echo' : 'No lineage is told'}
          text={
            unit === 'calls'
              ? 'No loads that began together explain a part of it worth naming; see what its calls have in common below.'
              : 'Whether it is an echo, and whose, the engine’s telemetry would tell; the pattern tells what repeats.'
          }
          action={
            <PageLink className="button" href="/pattern">
              See the pattern
            </PageLink>
          }
        />
      ) : (
        <>
          <Origin echo={echo} spike={spike} />
          {chain.length > 0 && <Chain chain={chain} echo={echo} of={filterOf(spike)} />}
        </>
      )}
    </Panel>
  );
}

const filterOf = ({ key, workspace }: SpikeDetail): ExplainFilter =>
  workspace === null ? { key } : { key, workspace };

function Origin({ echo, spike }: { echo: EchoOrigin; spike: SpikeDetail }) {
  const { calls, unit, from, to, key, workspace } = spike;
  const all = echoText({ ...echo, generation: null });
  const href = callsHref({ echo: all }, { from, to, key, workspace });
  return (
    <p className="panel-sentence">
      <strong>
        <CountLink value={echo.calls} href={href} label="Calls that go back to it" /> of{' '}
        <CountLink
          value={calls}
          text={nounText(calls, unitWords[unit].one)}
          href={spikeCountHref(spike)}
          label="All of the spike"
        />{' '}
        ({shareText(echo.share)})
      </strong>{' '}
      go back to one group of loads. {originWords(echo)} at {instantText(echo.at)},{' '}
      {nounText(echo.processes, 'process', 'processes')}, <CauseName cause={echo.cause} />.
    </p>
  );
}

const rangeQuery = ({ from, to }: EchoStep): string =>
  `from=${urlInstant(from)}&to=${urlInstant(to)}`;

function Chain({
  chain,
  echo,
  of,
}: {
  chain: readonly EchoStep[];
  echo: EchoOrigin;
  /** The key and workspace that the chain is of. */
  of: ExplainFilter;
}) {
  const most = Math.max(1, ...chain.map(({ calls }) => calls));
  return (
    <table className="data-table cards-on-phone echo-chain">
      <caption className="visually-hidden">Generations of the echo</caption>
      <thead>
        <tr>
          <th scope="col">Generation</th>
          <th scope="col">When</th>
          <th scope="col" className="is-number">
            Calls
          </th>
          <th scope="col" className="col-bar">
            Beside the largest
          </th>
          <th scope="col">Look</th>
        </tr>
      </thead>
      <tbody>
        {chain.map((step) => (
          <tr
            key={step.generation}
            className={step.generation === echo.generation ? 'is-this' : undefined}
          >
            <th scope="row" className="nowrap">
              {step.generation === 0 ? originWords(echo) : `Echo ${step.generation}`}{' '}
              {step.generation === echo.generation && <Badge tone="info">this spike</Badge>}
            </th>
            <td className="num nowrap" data-label="When">
              {rangeText(step)}
            </td>
            <td className="is-number" data-label="Calls">
              <CountLink
                value={step.calls}
                href={callsHref(
                  { echo: echoText({ ...echo, generation: step.generation }) },
                  { ...of, from: step.from, to: step.to + 1 },
                )}
                label={step.generation === 0 ? originWords(echo) : `Echo ${step.generation}`}
              />
            </td>
            <td className="col-bar" data-label="Beside">
              <svg className="echo-bar" width="100%" height="12" aria-hidden="true">
                <rect
                  width={`${(step.calls / most) * 100}%`}
                  height="12"
                  rx="2"
                  fill={causePaint(step.generation === 0 ? echo.cause : 'load.expired').fill}
                />
              </svg>
            </td>
            <td data-label="Look">
              <PageLink
                href={addToUrl(`/?${rangeQuery(step)}`, of)}
                aria-label={`Explain ${rangeText(step)}`}
              >
                Explain
              </PageLink>
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
