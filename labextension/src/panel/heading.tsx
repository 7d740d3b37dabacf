/** The panel's heading: which pipeline and run it is, how it stands, with which parameters; or what is to be done first. */
import type { JSX } from 'react';
import { staleSteps } from '../model';
import { STALE } from '../wire';
import { statusText } from '../statuses';
import type { BoardRun, BoardSweep } from '../wire';
import { durationText, SOME_SECONDS } from '../words';
import { Actions } from './actions';
import { Load, Notice } from './notice';
import { placeInSweep } from './runs/sweeps';
import { turnToSweep } from './runs/view';
import type { TabProps } from './tabs';
import { useCounts } from './ticking';

/** The heading. */
export function Heading(props: TabProps): JSX.Element {
  const { session, trans } = props;
  const { board } = session;
  if (!board) {
    return <Unloaded {...props} />;
  }
  const { version, run, sweep } = board.heading;
  const stale = staleSteps(board).length;
  return (
    <div className="jp-pipes-heading">
      <div className="jp-pipes-headline">
        <Name session={session} trans={trans} /> <span className="jp-pipes-quiet">{version}</span>
        {run && <Status run={run} trans={trans} />}
        {stale > 0 && (
          <span data-jupyter-pipes-status="stale" className="jp-pipes-status">
            {`${STALE.icon} ${trans._n('%1 stale', '%1 stale', stale)}`}
          </span>
        )}
        {run && <Elapsed run={run} session={session} />}
      </div>
      <div className="jp-pipes-headline">
        {run ? <Tally run={run} /> : <span>{trans.__('not started yet')}</span>}
      </div>
      {run && <Parameters run={run} sweep={sweep ?? null} session={session} trans={trans} />}
      <Notice {...props} />
      <Actions {...props} />
    </div>
  );
}

/** The pipeline's name; of several in the notebook, a choice of the one that is shown. */
function Name({ session, trans }: Pick<TabProps, 'session' | 'trans'>): JSX.Element {
  const { boards, choices } = session;
  if (choices.length < 2) {
    const name = session.board?.heading.pipeline;
    return <b title={name}>{name}</b>;
  }
  return (
    <select
      className="jp-pipes-pipelines"
      aria-label={trans.__('Pipeline that is shown')}
      value={session.pipeline}
      onChange={event => {
        session.show(event.target.value);
      }}
    >
      {choices.map(pipeline => (
        <option key={pipeline} value={pipeline}>
          {boards.get(pipeline)?.heading.pipeline}
        </option>
      ))}
    </select>
  );
}

interface RunProps {
  readonly run: BoardRun;
}

function Status({ run, trans }: RunProps & Pick<TabProps, 'trans'>): JSX.Element {
  return (
    <span data-jupyter-pipes-status={run.status} className="jp-pipes-status">
      {statusText(run.status, trans)}
    </span>
  );
}

function Elapsed({ run, session }: RunProps & Pick<TabProps, 'session'>): JSX.Element {
  useCounts(session, SOME_SECONDS);
  return (
    <span className="jp-pipes-took">{durationText((run.ended ?? session.now) - run.started)}</span>
  );
}

function Tally({ run }: RunProps): JSX.Element {
  return (
    <>
      <span className="jp-pipes-tally" title={run.tally}>
        {run.tally}
      </span>
      <span className="jp-pipes-quiet" title={run.reason || run.waits}>
        {run.reason || run.waits}
      </span>
    </>
  );
}

function Parameters({
  run,
  sweep,
  session,
  trans
}: RunProps &
  Pick<TabProps, 'session' | 'trans'> & {
    readonly sweep: BoardSweep | null;
  }): JSX.Element | null {
  const pairs = Object.entries(run.parameters);
  return pairs.length === 0 && !sweep ? null : (
    <div className="jp-pipes-parameters">
      {sweep && (
        <button
          type="button"
          className="jp-pipes-link jp-pipes-to-sweep"
          title={trans.__('Show the table of the sweep')}
          onClick={() => {
            turnToSweep(session, sweep.id);
            session.showTab('runs');
          }}
        >
          {placeInSweep(sweep, trans)}
        </button>
      )}
      {pairs.map(([name, value]) => (
        <code key={name}>{`${name}=${value}`}</code>
      ))}
    </div>
  );
}

function Unloaded({ session, trans }: TabProps): JSX.Element {
  const words = {
    idle: session.hasSteps
      ? trans.__('The pipeline is not loaded: it needs the notebook’s kernel.')
      : trans.__(
          'This notebook has no steps yet. “Make this a step” in a cell’s toolbar makes one.'
        ),
    connecting: trans.__('Asking the kernel…'),
    live: trans.__('Asking the kernel…'),
    failed: session.failure
  };
  return (
    <div className="jp-pipes-heading">
      <p className="jp-pipes-hint">{words[session.state]}</p>
      {session.state !== 'connecting' && (session.hasSteps || session.state === 'failed') && (
        <Load session={session} trans={trans} />
      )}
    </div>
  );
}
