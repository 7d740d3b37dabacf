/** The table of kept runs, with the query above it; new runs come by themselves. */
import type { JSX } from 'react';
import { useState } from 'react';
import type { RunLine } from '../../wire';
import { columnsOf, momentText, queryOf, sortedRuns, textOf, type RunColumn } from './rows';
import { useBeat, useKept } from './source';
import { chosenWords, isSweep } from './sweeps';
import type { RunsProps } from './tab';
import type { View } from './view';

const MORE = 50;
/** Runs of other processes are looked for so often, in seconds. */
const BEAT = 5;

interface ListProps extends RunsProps {
  readonly view: View;
  change(change: Partial<View>): void;
}

/** The list. */
export function RunList(props: ListProps): JSX.Element {
  const { session, source, trans, view, change } = props;
  const run = session.board?.heading.run;
  const occasion = [run?.id, run?.status, run?.tally, useBeat(BEAT)].join(' ');
  const query = queryOf(view.query, view.isArchive);
  const { answer, problem } = useKept(source, { ask: 'runs', query, limit: view.limit }, occasion);
  const runs = answer?.runs ?? [];
  const chosen = view.chosen.filter(id => runs.some(each => each.id === id));
  return (
    <div className="jp-pipes-runs">
      <Search {...props} />
      {problem && (
        <pre role="alert" className="jp-pipes-refusal">
          {problem}
        </pre>
      )}
      <div className="jp-pipes-actions">
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          disabled={chosen.length !== 2}
          title={trans.__('Tick two runs to compare them')}
          onClick={() => {
            const [a, b] = [...chosen].sort((x, y) => startOf(runs, x) - startOf(runs, y));
            if (a && b) {
              change({ place: { kind: 'comparison', a, b, behind: { kind: 'list' } } });
            }
          }}
        >
          {trans.__('Compare')}
        </button>
        <span className="jp-pipes-quiet" role="status">
          {answer && !problem
            ? chosenWords(chosen.length, trans) || countWords(props, runs.length, answer.has_more)
            : ''}
        </span>
      </div>
      {runs.length > 0 && <Table {...props} runs={runs} chosen={chosen} />}
      {answer?.has_more && (
        <button
          type="button"
          className="jp-Button jp-mod-styled"
          onClick={() => {
            change({ limit: view.limit + MORE });
          }}
        >
          {trans.__('Show more')}
        </button>
      )}
    </div>
  );
}

function startOf(runs: readonly RunLine[], id: string): number {
  return runs.find(run => run.id === id)?.started ?? 0;
}

function countWords({ trans, view }: ListProps, count: number, hasMore: boolean): string {
  if (count === 0) {
    return view.query || view.isArchive
      ? trans.__('No run fits.')
      : trans.__('No runs are kept yet: “Run pipeline” makes the first.');
  }
  return hasMore ? trans.__('the first %1 runs', count) : trans._n('%1 run', '%1 runs', count);
}

function Search({ trans, view, change }: ListProps): JSX.Element {
  const [text, setText] = useState(view.query);
  return (
    <form
      role="search"
      className="jp-pipes-runs-search"
      onSubmit={event => {
        event.preventDefault();
        change({ query: text, limit: MORE });
      }}
    >
      <input
        type="search"
        className="jp-mod-styled"
        aria-label={trans.__('Search runs')}
        // The field has no room for more where the panel is narrow.
        placeholder={trans.__('Search: status:failed')}
        title={trans.__(
          'For example status:failed, metrics.auc:>0.9, params.n:5, tags:good, started:today'
        )}
        value={text}
        onChange={event => {
          setText(event.target.value);
          if (event.target.value === '') {
            change({ query: '' });
          }
        }}
      />
      <button type="submit" className="jp-Button jp-mod-styled jp-mod-minimal">
        {trans.__('Search')}
      </button>
      <label>
        <input
          type="checkbox"
          checked={view.isArchive}
          onChange={event => {
            change({ isArchive: event.target.checked });
          }}
        />
        {trans.__('Archive')}
      </label>
    </form>
  );
}

interface TableProps extends ListProps {
  readonly runs: readonly RunLine[];
  readonly chosen: readonly string[];
}

function Table(props: TableProps): JSX.Element {
  const { runs, view, trans } = props;
  const columns = columnsOf(runs);
  return (
    <div className="jp-pipes-wide" tabIndex={0} role="group" aria-label={trans.__('Runs')}>
      {/* Where it is narrow each run is a block of its own; to a screen reader it stays a table. */}
      <table className="jp-pipes-steps jp-pipes-blocks" role="table">
        <thead role="rowgroup">
          <tr role="row" data-label={trans.__('Sort by')}>
            <th role="columnheader">
              <span className="jp-pipes-hidden">{trans.__('Compare')}</span>
            </th>
            {columns.map(column => (
              <Head key={column.key} {...props} column={column} />
            ))}
          </tr>
        </thead>
        <tbody role="rowgroup">
          {sortedRuns(runs, view.order).map(run => (
            <Row key={run.id} {...props} run={run} columns={columns} />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Head({
  view,
  change,
  column,
  trans
}: TableProps & { readonly column: RunColumn }): JSX.Element {
  const isChosen = view.order.key === column.key;
  const { isDown } = view.order;
  const titles = {
    run: trans.__('Run'),
    status: trans.__('Status'),
    started: trans.__('Started'),
    seconds: trans.__('Time'),
    steps: trans.__('Steps'),
    tags: trans.__('Tags'),
    parameter: column.name,
    metric: column.name
  };
  return (
    <th role="columnheader" aria-sort={!isChosen ? 'none' : isDown ? 'descending' : 'ascending'}>
      <button
        type="button"
        onClick={() => {
          change({
            order: { key: column.key, isDown: isChosen ? !isDown : column.kind !== 'run' }
          });
        }}
      >
        {titles[column.kind]}
        {isChosen ? (isDown ? ' ▾' : ' ▴') : ''}
      </button>
    </th>
  );
}

function Row({
  run,
  columns,
  chosen,
  change,
  trans
}: TableProps & { readonly run: RunLine; readonly columns: readonly RunColumn[] }): JSX.Element {
  return (
    <tr role="row" data-jupyter-pipes-status={run.status}>
      <td role="cell">
        <input
          type="checkbox"
          aria-label={trans.__('Compare run %1', run.id)}
          checked={chosen.includes(run.id)}
          onChange={event => {
            const others = chosen.filter(id => id !== run.id);
            // Of three the last two are meant.
            change({ chosen: event.target.checked ? [...others, run.id].slice(-2) : others });
          }}
        />
      </td>
      {columns.map(column => (
        <td
          key={column.key}
          role="cell"
          className={`jp-pipes-run-${column.kind}`}
          data-label={column.name || undefined}
        >
          {column.kind === 'run' ? (
            <button
              type="button"
              className="jp-pipes-link"
              title={trans.__('Open run %1 of %2', run.id, momentText(run.started))}
              onClick={() => {
                change({ place: { kind: 'run', run: run.id, behind: { kind: 'list' } } });
              }}
            >
              {textOf(run, column, trans)}
            </button>
          ) : column.kind === 'tags' ? (
            <Tags tags={run.tags} change={change} trans={trans} />
          ) : (
            textOf(run, column, trans)
          )}
        </td>
      ))}
    </tr>
  );
}

/** The tags of a run; that of a sweep leads to its table. */
function Tags({
  tags,
  change,
  trans
}: Pick<ListProps, 'change' | 'trans'> & { readonly tags: readonly string[] }): JSX.Element {
  return (
    <>
      {tags.map((tag, place) => (
        <span key={tag}>
          {place > 0 && ', '}
          {isSweep(tag) ? (
            <button
              type="button"
              className="jp-pipes-link"
              title={trans.__('Show the runs of %1', tag)}
              onClick={() => {
                change({ place: { kind: 'sweep', sweep: tag }, chosen: [] });
              }}
            >
              {tag}
            </button>
          ) : (
            tag
          )}
        </span>
      ))}
    </>
  );
}
