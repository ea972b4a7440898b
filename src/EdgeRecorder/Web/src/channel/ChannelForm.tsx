import { useState } from 'preact/hooks';
import { refreshChannels } from '../api/box';
import { send } from '../api/client';
import type { Channel, Probe } from '../api/types';
import { Dialog } from '../parts/Dialog';
import { Field } from '../parts/Field';
import { saying } from '../parts/saying';
import { Switch } from '../parts/Switch';
import { text } from '../text/language';
import { ProbeResult } from './ProbeResult';

/** A camera to add, or one to change: of an existing one only what was touched is sent, so that its masked password stays. */
export function ChannelForm({ channel, onClose }: { channel?: Channel; onClose: () => void }) {
    const words = text.value.form;
    const [name, setName] = useState(channel?.name ?? '');
    const [url, setUrl] = useState(channel?.url ?? '');
    const [subUrl, setSubUrl] = useState(channel?.subUrl ?? '');
    const [transport, setTransport] = useState<Channel['transport']>(channel?.transport ?? 'auto');
    const [audio, setAudio] = useState(channel?.audio ?? true);
    const [record, setRecord] = useState(channel?.record ?? true);
    const [problem, setProblem] = useState('');
    const [busy, setBusy] = useState(false);
    const [probe, setProbe] = useState<Probe | 'asking' | null>(null);

    async function save(event: Event) {
        event.preventDefault();
        setBusy(true);
        setProblem('');
        try {
            if (channel)
                await send('PATCH', `channels/${channel.id}`, changes({ name, url, subUrl, transport, audio, record }, { ...channel, subUrl: channel.subUrl ?? '' }));
            else
                await send('POST', 'channels', { name, url, ...(subUrl ? { subUrl } : {}), transport, audio, record });
            await refreshChannels();
            onClose();
        } catch (fault) {
            setProblem(saying(fault));
            setBusy(false);
        }
    }

    async function ask() {
        setProbe('asking');
        setProblem('');
        try {
            setProbe(await send<Probe>('POST', 'probe', { url, ...(channel ? { channel: channel.id } : {}) }));
        } catch (fault) {
            setProbe(null);
            setProblem(saying(fault));
        }
    }

    return (
        <Dialog title={channel ? words.edit : words.add} onClose={onClose}>
            <form onSubmit={event => void save(event)}>
                <Field label={words.name}><input name="name" required maxLength={200} value={name} onInput={e => setName(e.currentTarget.value)} /></Field>
                {!channel?.device && <Field label={words.url} hint={words.urlHint}>
                    <input name="url" required inputMode="url" autocomplete="off" autocapitalize="none" spellcheck={false} value={url} onInput={e => setUrl(e.currentTarget.value)} />
                </Field>}
                {!channel?.device && <div class="probe">
                    <button type="button" disabled={!url || probe === 'asking'} onClick={() => void ask()}>{probe === 'asking' ? words.probing : words.probe}</button>
                    {probe !== null && probe !== 'asking' && <ProbeResult probe={probe} />}
                </div>}
                {!channel?.device && <Field label={words.subUrl}>
                    <input name="subUrl" inputMode="url" autocomplete="off" autocapitalize="none" spellcheck={false} value={subUrl} onInput={e => setSubUrl(e.currentTarget.value)} />
                </Field>}
                <div class="row">
                    {!channel?.device && <Field label={words.transport}>
                        <select value={transport} onChange={e => setTransport(e.currentTarget.value as Channel['transport'])}>
                            <option value="auto">{words.auto}</option>
                            <option value="tcp">{words.tcp}</option>
                            <option value="udp">{words.udp}</option>
                        </select>
                    </Field>}
                    <Switch on={audio} onChange={setAudio}>{words.audio}</Switch>
                    <Switch on={record} onChange={setRecord}>{words.record}</Switch>
                </div>
                {problem && <p class="problem" role="alert">{problem}</p>}
                <footer>
                    <button type="button" onClick={onClose}>{text.value.common.cancel}</button>
                    <button type="submit" class="main" disabled={busy}>{text.value.common.save}</button>
                </footer>
            </form>
        </Dialog>
    );
}

/** The members of `now` that differ from `before`. */
export function changes<T extends object>(now: T, before: T): Partial<T> {
    return Object.fromEntries(Object.entries(now).filter(([key, value]) => value !== before[key as keyof T])) as Partial<T>;
}
