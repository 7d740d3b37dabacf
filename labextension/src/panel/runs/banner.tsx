/** What stands above an opened run or a comparison: that it is no live one, and the way back. */
import type { JSX, ReactNode } from 'react';
import { runLine } from '../../words';
import type { TabProps } from '../tabs';
import type { Table } from './view';

/** The banner. */
export function Banner({
  session,
  trans,
  onBack,
  behind,
  children
}: Pick<TabProps, 'session' | 'trans'> & {
  onBack(): void;
  readonly behind: Table;
  readonly children: ReactNode;
}): JSX.Element {
  const { board } = session;
  return (
    <div className="jp-pipes-banner" role="note">
      <div>{children}</div>
      <button type="button" className="jp-Button jp-mod-styled jp-mod-minimal" onClick={onBack}>
        {behind.kind === 'sweep' ? trans.__('← Back to the sweep') : trans.__('← Back to the runs')}
      </button>
      {board?.heading.run && (
        <button
          type="button"
          className="jp-Button jp-mod-styled jp-mod-minimal"
          onClick={() => {
            onBack();
            session.showTab('graph');
          }}
        >
          {trans.__('Back to the current run (%1)', runLine(board, session.now, trans))}
        </button>
      )}
    </div>
  );
}
