/** The page's clock: what counts seconds is brought up to date all at once, and only while the page is looked at. */
type Action = () => void;

const TICK_MILLISECONDS = 1000;

const actions = new Set<Action>();
let timer: number | undefined;
let isWatching = false;

/** Call each second, and when the page is looked at again; returns how to end it. */
export function eachSecond(action: Action): () => void {
  if (!isWatching) {
    isWatching = true;
    document.addEventListener('visibilitychange', onVisibility);
  }
  actions.add(action);
  run();
  return () => {
    actions.delete(action);
    run();
  };
}

function onVisibility(): void {
  if (!document.hidden) {
    tick();
  }
  run();
}

function tick(): void {
  actions.forEach(action => {
    action();
  });
}

/** Run as long as anything counts and anybody looks. */
function run(): void {
  if (actions.size === 0 || document.hidden) {
    window.clearInterval(timer);
    timer = undefined;
  } else {
    timer ??= window.setInterval(tick, TICK_MILLISECONDS);
  }
}
