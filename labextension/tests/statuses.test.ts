/** Statuses in the user's language. */
import { staleText, statusText, statusWord } from '../src/statuses';
import { LOOKS, STALE, type Status } from '../src/wire';
import { ENGLISH, stepNamed } from './boards';

const GERMAN = {
  __: (text: string) => ({ failed: 'gescheitert', stale: 'veraltet' })[text] ?? text
};

test('each status is called as Python calls it, where nobody translates', () => {
  for (const status of Object.keys(LOOKS) as Status[]) {
    expect(statusWord(status, ENGLISH)).toBe(LOOKS[status].word);
  }
});

test('a status and what is stale are called in the language of who reads it', () => {
  expect(statusText('failed', GERMAN)).toBe('✕ gescheitert');
  expect(staleText(stepNamed('a', { stale: 'x', stale_word: STALE.word }), GERMAN)).toBe(
    '△ veraltet'
  );
});
