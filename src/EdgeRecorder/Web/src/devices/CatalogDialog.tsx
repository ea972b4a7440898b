import { useEffect, useState } from 'preact/hooks';
import { refreshChannels, refreshDevices } from '../api/box';
import { get, send } from '../api/client';
import type { CatalogEntry, Device } from '../api/types';
import { Dialog } from '../parts/Dialog';
import { saying } from '../parts/saying';
import { text } from '../text/language';

const most = 1000;

/** The cameras that a device says it has, and which of them are cameras here: a platform may offer thousands. */
export function CatalogDialog({ device, onClose }: { device: Device; onClose: () => void }) {
    const words = text.value.devices;
    const [entries, setEntries] = useState<CatalogEntry[]>();
    const [filter, setFilter] = useState('');
    const [busy, setBusy] = useState(false);
    const [problem, setProblem] = useState('');
    const path = `devices/${device.id}/catalog`;

    useEffect(() => void doing(async () => undefined), []);

    async function doing(what: () => Promise<unknown>) {
        setBusy(true);
        setProblem('');
        try {
            await what();
            setEntries(await get<CatalogEntry[]>(`${path}?camera=true&limit=${most}`));
        } catch (fault) {
            setProblem(saying(fault));
        } finally {
            setBusy(false);
        }
    }

    const add = (entry: CatalogEntry) => void doing(async () => {
        await send('POST', `devices/${device.id}/channels`, { channel: entry.channel, ...(entry.name ? { name: entry.name } : {}) });
        await Promise.all([refreshDevices(), refreshChannels()]);
    });

    const wanted = filter.trim().toLowerCase();
    const shown = (entries ?? []).filter(e => e.name.toLowerCase().includes(wanted) || e.channel.includes(wanted));
    return (
        <Dialog title={words.catalogOf(device.name)} onClose={onClose}>
            <div class="content">
                <div class="row">
                    <input type="search" aria-label={words.search} placeholder={words.search} value={filter} onInput={e => setFilter(e.currentTarget.value)} />
                    <button type="button" disabled={busy || !device.connected} onClick={() => void doing(() => send('POST', path, {}))}>{words.askAgain}</button>
                </div>
                {problem && <p class="problem" role="alert">{problem}</p>}
                {entries?.length === 0 && !busy && <p class="hint">{words.noChannels}</p>}
                {entries?.length === most && <p class="hint">{words.firstOfMany(most)}</p>}
                <ul class="plain offered">
                    {shown.map(entry => (
                        <li key={entry.channel}>
                            <span><strong>{entry.name || entry.channel}</strong><small><code>{entry.channel}</code>{entry.online === false && ` · ${words.away}`}</small></span>
                            {entry.id ? <span class="hint">{words.added}</span> : <button type="button" disabled={busy} onClick={() => add(entry)}>{words.addCamera}</button>}
                        </li>
                    ))}
                </ul>
            </div>
        </Dialog>
    );
}
