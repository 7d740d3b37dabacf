/** What stands between the panel and the kernel, in one line, with what can be done about it. */
import type { JSX } from 'react';
import type { TabProps } from './tabs';

/** The line; nothing while the kernel tells all. */
export function Notice({ session, trans }: TabProps): JSX.Element | null {
  if (session.outdated) {
    return <p className="jp-pipes-notice">{session.outdated}</p>;
  }
  if (!session.isKept) {
    return null;
  }
  const words = {
    idle: trans.__('The last run, as it was kept: the kernel is not asked yet.'),
    connecting: trans.__('The last run, as it was kept. Asking the kernel…'),
    live: trans.__('The last run, as it was kept. Asking the kernel…'),
    failed: session.failure
  };
  return (
    <p className="jp-pipes-notice" role="status">
      {words[session.state]}{' '}
      {(session.state === 'idle' || session.state === 'failed') && (
        <Load session={session} trans={trans} />
      )}
    </p>
  );
}

/** The button that loads the pipeline into the kernel. */
export function Load({ session, trans }: Pick<TabProps, 'session' | 'trans'>): JSX.Element {
  return (
    <button
      type="button"
      className="jp-Button jp-mod-styled"
      onClick={() => {
        session.connect().catch(() => undefined);
      }}
    >
      {trans.__('Load')}
    </button>
  );
}
