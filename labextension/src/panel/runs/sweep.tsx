/** A sweep as a table that grows: its runs, what was tried, how each stands, and which is the best. */
import type { JSX, ReactNode } from 'react';
import { useEffect, useState } from 'react';
import { statusText } from '../../statuses';
import type { SweepRow, SweepShown } from '../../wire';
import { durationText } from '../../words';
import { told } from '../../commands';
import { Banner } from './banner';
import { valueText, type RunOrder } from './rows';
import { useBeat, useKept } from './source';
import {
  chosenWords,
  goalText,
  mayGoOn,
  noticeText,
  ordered,
  tallyText,
  type NumberedRow
} from './sweeps';
import type { RunsProps } from './tab';
import type { View } from './view';

/** Sweeps of other programs are looked for so often, in seconds. */
const BEAT = 5;

interface SweepProps extends RunsProps {
  readonly sweep: string;
  readonly view: View;
  change(change: Partial<View>): void;
}

/** The sweep. */
export function SweepRuns(props: SweepProps): JSX.Element {
  const { session, source, trans, sweep, change } = props;
  const heading = session.board?.heading;
  const isLive = heading?.sweep?.id === sweep;
  const [isOpen, setOpen] = useState(false);
  // What a run is doing changes more often than how its steps stand.
  const beat = useBeat(isLive && heading.sweep.goes_on ? 1 : BEAT);
  const occasion = JSON.stringify([
    isLive && [heading.sweep, heading.run?.status, heading.run?.tally],
    isOpen && beat
  ]);
  const { answer, problem } = useKept(source, { ask: 'sweep', sweep }, occasion);
  useEffect(() => {
    setOpen(answer !== null && mayGoOn(answer));
  }, [answer]);
  const back = (): void => {
    change({ place: { kind: 'list' }, chosen: [] });
  };
  return (
    <div className="jp-pipes-runs">
      <Banner {...props} behind={{ kind: 'list' }} onBack={back}>
        {answer?.names.length
          ? trans.__('Sweep over %1', answer.names.join(', '))
          : trans.__('Sweep')}
      </Banner>
      {problem && (
        <pre role="alert" className="jp-pipes-refusal">
          {problem}
        </pre>
      )}
      {answer ? (
        <Whole {...props} shown={answer} canStop={isLive && answer.goes_on} />
      ) : (
        !problem && <p className="jp-pipes-hint">{trans.__('Asking…')}</p>
      )}
    </div>
  );
}

interface ShownProps extends SweepProps {
  readonly shown: SweepShown;
}

function Whole(props: ShownProps & { readonly canStop: boolean }): JSX.Element {
  const { session, shown, canStop, sweep, trans, view, change } = props;
  const behind = { kind: 'sweep', sweep } as const;
  const places = new Map(shown.rows.map(({ run }, place) => [run, place]));
  const chosen = view.chosen.filter(run => places.has(run));
  const notice = noticeText(shown, trans);
  const best = shown.rows.find(row => row.is_best);
  return (
    <>
      <div role="status">{tallyText(shown, trans)}</div>
      <div role="status" className="jp-pipes-quiet">
        {chosenWords(chosen.length, trans) || goalText(shown, trans) || '\u00a0'}
      </div>
      {notice && <p className="jp-pipes-notice">{notice}</p>}
      <div className="jp-pipes-actions">
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          disabled={!canStop}
          title={trans.__('Cancel the run that goes on, and start no other')}
          onClick={() => {
            void told(session.ask({ ask: 'stop' }), trans);
          }}
        >
          {trans.__('Stop sweep')}
        </button>
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          disabled={!best}
          onClick={() => {
            if (best) {
              change({ place: { kind: 'run', run: best.run, behind } });
            }
          }}
        >
          {trans.__('Open best')}
        </button>
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          disabled={chosen.length !== 2}
          title={trans.__('Tick two runs to compare them')}
          onClick={() => {
            const [a, b] = [...chosen].sort((x, y) => (places.get(x) ?? 0) - (places.get(y) ?? 0));
            if (a && b) {
              change({ place: { kind: 'comparison', a, b, behind } });
            }
          }}
        >
          {trans.__('Compare')}
        </button>
      </div>
      <RunsOfSweep {...props} chosen={chosen} />
    </>
  );
}

function RunsOfSweep(props: ShownProps & { readonly chosen: readonly string[] }): JSX.Element {
  const { shown, trans } = props;
  const [order, setOrder] = useState<RunOrder | null>(null);
  const head = (key: string, title: string): JSX.Element => (
    <Head key={key} column={key} order={order} onOrder={setOrder}>
      {title}
    </Head>
  );
  return (
    <div className="jp-pipes-wide" tabIndex={0} role="group" aria-label={trans.__('Sweep')}>
      <table className="jp-pipes-steps jp-pipes-blocks jp-pipes-sweep" role="table">
        <thead role="rowgroup">
          <tr role="row" data-label={trans.__('Sort by')}>
            <th role="columnheader">
              <span className="jp-pipes-hidden">{trans.__('Compare')}</span>
            </th>
            {head('number', trans.__('Run'))}
            {shown.names.map(name => head(`p:${name}`, name))}
            {head('status', trans.__('Status'))}
            {head('seconds', trans.__('Time'))}
            {shown.metrics.map(name => head(`m:${name}`, name))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {ordered(shown, order).map(each => (
            <Row key={each.row.run} {...props} {...each} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({
  column,
  order,
  onOrder,
  children
}: {
  readonly column: string;
  readonly order: RunOrder | null;
  readonly children: ReactNode;
  onOrder(order: RunOrder): void;
}): JSX.Element {
  const isChosen = order?.key === column;
  const isDown = isChosen && order.isDown;
  return (
    <th role="columnheader" aria-sort={!isChosen ? 'none' : isDown ? 'descending' : 'ascending'}>
      <button
        type="button"
        onClick={() => {
          // Of a metric the largest are looked for first.
          onOrder({ key: column, isDown: isChosen ? !isDown : column.startsWith('m:') });
        }}
      >
        {children}
        {isChosen ? (isDown ? ' ▾' : ' ▴') : ''}
      </button>
    </th>
  );
}

function Row({
  number,
  row,
  shown,
  sweep,
  chosen,
  change,
  trans
}: ShownProps & NumberedRow & { readonly chosen: readonly string[] }): JSX.Element {
  const open = (): void => {
    change({ place: { kind: 'run', run: row.run, behind: { kind: 'sweep', sweep } } });
  };
  return (
    <tr
      role="row"
      data-jupyter-pipes-status={row.status}
      data-best={row.is_best || undefined}
      onClick={event => {
        // What stands in the row and can be pressed does what it says.
        if (!(event.target as Element).closest('button, input')) {
          open();
        }
      }}
    >
      <td role="cell">
        <input
          type="checkbox"
          aria-label={trans.__('Compare run %1', number)}
          checked={chosen.includes(row.run)}
          onChange={event => {
            const others = chosen.filter(run => run !== row.run);
            // Of three the last two are meant.
            change({ chosen: event.target.checked ? [...others, row.run].slice(-2) : others });
          }}
        />
      </td>
      <td role="cell" className="jp-pipes-run-run">
        <button
          type="button"
          className="jp-pipes-link"
          title={trans.__('Open run %1', row.run)}
          onClick={open}
        >
          {number}
        </button>
        {row.is_best && (
          <span role="img" className="jp-pipes-best" aria-label={trans.__('the best so far')}>
            {' ★'}
          </span>
        )}
      </td>
      {shown.names.map(name => (
        <td key={name} role="cell" className="jp-pipes-run-parameter" data-label={name}>
          {row.parameters[name] ?? ''}
        </td>
      ))}
      <td role="cell" className="jp-pipes-run-status" title={row.reason}>
        {statusText(row.status, trans)}
        {row.status === 'running' && ` · ${Math.floor(100 * row.progress)} %`}
      </td>
      <td role="cell" className="jp-pipes-run-seconds">
        {secondsText(row)}
      </td>
      {shown.metrics.map(name => (
        <td key={name} role="cell" className="jp-pipes-run-metric" data-label={name}>
          {valueText(row.metrics[name])}
        </td>
      ))}
    </tr>
  );
}

function secondsText(row: SweepRow): string {
  return durationText(row.seconds);
}
