/** Tabs by the ARIA pattern: arrows move between them, only the chosen one is in the order of Tab. */
import type { JSX, KeyboardEvent } from 'react';
import { TABS, type TabProps } from './tabs';

const STEPS: Readonly<Record<string, number>> = { ArrowLeft: -1, ArrowRight: 1 };

/** The tabs with the content of the chosen one. */
export function TabbedPane(props: TabProps): JSX.Element {
  const { session } = props;
  const place = Math.max(
    TABS.findIndex(tab => tab.id === session.tab),
    0
  );
  const tab = TABS[place] ?? TABS[0];
  const onKeyDown = (event: KeyboardEvent<HTMLDivElement>): void => {
    const step = STEPS[event.key];
    const next = step && TABS[(place + step + TABS.length) % TABS.length];
    if (next) {
      session.showTab(next.id);
      event.currentTarget.querySelector<HTMLElement>(`#${idOf(next.id)}`)?.focus();
      event.preventDefault();
    }
  };
  const Content = tab.content;
  return (
    <>
      <div role="tablist" className="jp-pipes-tabs" onKeyDown={onKeyDown}>
        {TABS.map(({ id, label }) => (
          <button
            key={id}
            id={idOf(id)}
            role="tab"
            type="button"
            aria-selected={id === tab.id}
            aria-controls="jp-pipes-tabpanel"
            tabIndex={id === tab.id ? 0 : -1}
            onFocus={event => {
              event.currentTarget.scrollIntoView({ block: 'nearest', inline: 'nearest' });
            }}
            onClick={() => {
              session.showTab(id);
            }}
          >
            {label(props.trans)}
          </button>
        ))}
      </div>
      <div
        role="tabpanel"
        id="jp-pipes-tabpanel"
        className="jp-pipes-tabpanel"
        aria-labelledby={idOf(tab.id)}
      >
        {session.board && <Content {...props} />}
      </div>
    </>
  );
}

function idOf(tab: string): string {
  return `jp-pipes-tab-${tab}`;
}
