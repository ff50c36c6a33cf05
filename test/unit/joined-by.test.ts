import { describe, expect, test } from 'vitest';
import { joinedBy, markedParts } from '../../components/table/joined-by.ts';
import type { AttemptView, EventView } from '../../lib/shared/dto.ts';

const attempt: AttemptView = {
  process: 'web-1',
  boot: 'abcdefgh',
  seq: 7,
  attempt: 2,
  at: 0,
  sentAt: 0,
  durationMs: 9,
  workspace: 'ws',
  key: 'k',
  operation: 'Decrypt',
  cause: 'load.first',
  sent: true,
  outcome: 'ok',
  errorCode: null,
  requestId: 'r-1',
  spanId: '0123456789abcdef',
  joinMethod: 'request-id',
  joinConfidence: null,
  state: 'matched',
};
const event: EventView = {
  eventId: 'e',
  at: 0,
  operation: 'Decrypt',
  key: 'arn:k',
  principal: 'arn:p',
  principalName: 'p',
  session: null,
  requestId: 'r-1',
  errorCode: null,
  sourceIp: null,
  state: 'matched',
};
const record = JSON.stringify({
  requestID: 'r-1',
  userAgent: 'aws keytide/1#web-1.abcdefgh.7.2#load.first#0123456789abcdef',
  eventName: 'Decrypt',
  userIdentity: { arn: 'arn:p' },
});

describe('what joined an attempt and its event', () => {
  test.each([
    ['request-id', ['r-1']],
    ['claim', ['web-1.abcdefgh.7.2', '0123456789abcdef']],
    ['reason', ['web-1.abcdefgh.7.2', '0123456789abcdef']],
    ['client-id', ['web-1.abcdefgh.7.2', '0123456789abcdef']],
    ['assignment', ['Decrypt', 'arn:p']],
    [null, []],
    ['another', []],
  ])('by %s is marked where the record holds it', (joinMethod, marks) => {
    const { texts } = joinedBy({ ...attempt, joinMethod }, event);
    const marked = markedParts(record, texts).filter(({ isMarked }) => isMarked);
    expect(marked.map(({ text }) => text)).toEqual(marks);
  });

  test('is nothing where one of them is not there', () => {
    expect(joinedBy(attempt, null).fields).toEqual([]);
    expect(joinedBy(null, event).fields).toEqual([]);
  });
});

test('the parts are the text again, the longest mark first, and a blank marks nothing', () => {
  const parts = markedParts('xaabax', ['a', 'aab', '']);
  expect(parts.map(({ text }) => text).join('')).toBe('xaabax');
  expect(parts.filter(({ isMarked }) => isMarked).map(({ at }) => at)).toEqual([1, 4]);
});
