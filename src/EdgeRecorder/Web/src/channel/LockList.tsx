import { useEffect, useState } from 'preact/hooks';
import { get, remove, session } from '../api/client';
import type { Lock } from '../api/types';
import { Icon } from '../parts/Icon';
import { saying } from '../parts/saying';
import { dayAndTime, duration } from '../text/format';
import { text } from '../text/language';

/** What is locked of one camera. `version` changes when somebody locks. */
export function LockList({ channel, version, onShow, onReleased }: { channel: string; version: number; onShow: (lock: Lock) => void; onReleased: () => void }) {
    const words = text.value.locks;
    const [locks, setLocks] = useState<Lock[]>([]);
    const [problem, setProblem] = useState('');

    async function load(stop?: AbortSignal) {
        try {
            setLocks((await get<Lock[]>(`locks?limit=1000&channel=${encodeURIComponent(channel)}`, stop)).sort((a, b) => b.from.localeCompare(a.from)));
        } catch (fault) {
            if (!stop?.aborted)
                setProblem(saying(fault));
        }
    }

    useEffect(() => {
        const stop = new AbortController();
        void load(stop.signal);
        return () => stop.abort();
    }, [channel, version]);

    async function release(lock: Lock) {
        if (!window.confirm(words.releaseQuestion))
            return;
        try {
            await remove(`locks/${lock.id}`);
            onReleased();
        } catch (fault) {
            setProblem(saying(fault));
        }
    }

    return (
        <section class="panel">
            <h2>{words.title}</h2>
            {problem && <p class="problem" role="alert">{problem}</p>}
            {locks.length === 0 && <p class="hint">{words.none}</p>}
            <ul class="locks">
                {locks.map(lock => (
                    <li key={lock.id}>
                        <Icon name="lock" />
                        <span>
                            <b>{lock.reason}</b>
                            <small>{dayAndTime(Date.parse(lock.from))} · {duration(Date.parse(lock.to) - Date.parse(lock.from))} · {words.by(lock.createdBy)}{lock.expires && ` · ${words.until(dayAndTime(Date.parse(lock.expires)))}`}</small>
                        </span>
                        <button type="button" onClick={() => onShow(lock)}>{words.show}</button>
                        {session.value?.role !== 'viewer' && <button type="button" class="quiet" onClick={() => void release(lock)}>{words.release}</button>}
                    </li>
                ))}
            </ul>
        </section>
    );
}
