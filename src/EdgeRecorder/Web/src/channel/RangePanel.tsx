import { useState } from 'preact/hooks';
import { send, session } from '../api/client';
import type { Channel, Lock, Timeline } from '../api/types';
import { saying } from '../parts/saying';
import { Field } from '../parts/Field';
import { Icon } from '../parts/Icon';
import { duration } from '../text/format';
import { text } from '../text/language';
import { footageIn } from '../timeline/bars';
import { iso } from '../timeline/useTimeline';
import { Download } from './Download';
import { fromInput, toInput } from './localTime';

export interface MarkedRange {
    from: number | null;
    to: number | null;
}

interface Properties {
    channel: Channel;
    timeline: Timeline | null;
    range: MarkedRange;
    onRange: (range: MarkedRange) => void;
    /** The instant on the screen, or now. */
    at: number;
    onLocked: () => void;
}

const keepDays = [1, 7, 30, 90, 365];

/** A marked range: lock it, download it. */
export function RangePanel({ channel, timeline, range, onRange, at, onLocked }: Properties) {
    const words = text.value.range;
    const { from, to } = range;
    const whole = from !== null && to !== null && to > from;
    const footage = whole && timeline ? footageIn(timeline.spans, from, to) : null;
    return (
        <section class="panel range-panel">
            <h2>{words.title}</h2>
            <p class="hint">{words.hint}</p>
            <div class="row ends">
                <Field label={words.from}>
                    <span class="pair">
                        <input type="datetime-local" step="1" name="from" value={toInput(from)} onChange={e => onRange({ from: fromInput(e.currentTarget.value), to })} />
                        <button type="button" onClick={() => onRange({ from: at, to: to !== null && to > at ? to : null })}>{words.markFrom}</button>
                    </span>
                </Field>
                <Field label={words.to}>
                    <span class="pair">
                        <input type="datetime-local" step="1" name="to" value={toInput(to)} onChange={e => onRange({ from, to: fromInput(e.currentTarget.value) })} />
                        <button type="button" onClick={() => onRange({ from, to: at })}>{words.markTo}</button>
                    </span>
                </Field>
            </div>
            {from !== null && to !== null && to <= from && <p class="problem" role="alert">{words.wrongOrder}</p>}
            {whole && (
                <>
                    <p class="length">{footage === 0 ? words.empty : words.length(duration(to - from))} <button type="button" class="link" onClick={() => onRange({ from: null, to: null })}>{words.clear}</button></p>
                    <Download key={`${from}-${to}`} path={`channels/${channel.id}/footage.mp4?from=${iso(from)}&to=${iso(to)}`} name={`${channel.key}_${toInput(from).replace(/[-:]/g, '')}.mp4`} />
                    {session.value?.role !== 'viewer' && <LockForm channel={channel.id} from={from} to={to} onLocked={onLocked} />}
                </>
            )}
        </section>
    );
}

function LockForm({ channel, from, to, onLocked }: { channel: string; from: number; to: number; onLocked: () => void }) {
    const words = text.value.range;
    const [reason, setReason] = useState('');
    const [days, setDays] = useState(30);
    const [answer, setAnswer] = useState<{ locked: boolean; says: string } | null>(null);

    async function lock(event: Event) {
        event.preventDefault();
        try {
            await send<Lock>('POST', 'locks', { channel, from: iso(from), to: iso(to), reason, expires: iso(Date.now() + days * 86_400_000) });
            setAnswer({ locked: true, says: text.value.locks.locked });
            setReason('');
            onLocked();
        } catch (fault) {
            setAnswer({ locked: false, says: saying(fault) });
        }
    }

    return (
        <form class="lock" onSubmit={event => void lock(event)}>
            <div class="row">
                <Field label={words.reason}><input name="reason" required maxLength={500} value={reason} onInput={e => setReason(e.currentTarget.value)} /></Field>
                <Field label={words.expires}>
                    <select value={days} onChange={e => setDays(Number(e.currentTarget.value))}>{keepDays.map(n => <option key={n} value={n}>{words.days(n)}</option>)}</select>
                </Field>
                <button type="submit" title={words.lockHint}><Icon name="lock" />{words.lock}</button>
            </div>
            {answer && <p class={answer.locked ? 'done' : 'problem'} role="status">{answer.says}</p>}
        </form>
    );
}
