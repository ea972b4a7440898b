import { useState } from 'preact/hooks';
import { channels, devices, platforms, refreshChannels, refreshDevices } from '../api/box';
import { remove, send, session } from '../api/client';
import type { Device, Platform } from '../api/types';
import { Icon } from '../parts/Icon';
import { saying } from '../parts/saying';
import { StateBadge } from '../parts/StateBadge';
import { Switch } from '../parts/Switch';
import { hashOf } from '../route';
import { whenOf } from '../text/format';
import { text } from '../text/language';
import { AddDevice } from './AddDevice';
import { CatalogDialog } from './CatalogDialog';
import { alarmText, placeOf } from './words';

/** What connects to the recorder: those that wait for somebody first. */
export function DevicesPage() {
    const words = text.value.devices;
    const [adding, setAdding] = useState(false);
    const all = devices.value;
    const waiting = (all ?? []).filter(d => d.state === 'waiting');
    return (
        <main class="box">
            <div class="heading">
                <h1>{words.title}</h1>
                {session.value?.role === 'admin' && <button type="button" class="main" onClick={() => setAdding(true)}><Icon name="plus" />{words.add}</button>}
            </div>
            {!all && <p class="hint">{text.value.common.loading}</p>}
            {all?.length === 0 && <p class="hint">{words.empty}</p>}
            {waiting.length > 0 && <p class="verdict warning" role="status"><i aria-hidden="true" />{words.waiting(waiting.length)}</p>}
            <div class="cards">
                {[...waiting, ...(all ?? []).filter(d => d.state !== 'waiting')].map(device => <DeviceCard key={device.id} device={device} />)}
            </div>
            {platforms.value && platforms.value.length > 0 && (
                <section class="panel wide platforms" aria-label={words.platforms}>
                    <h2>{words.platforms}</h2>
                    <ul class="plain">{platforms.value.map(platform => <PlatformLine key={`${platform.serverId}@${platform.host}:${platform.port}`} platform={platform} />)}</ul>
                </section>
            )}
            {adding && <AddDevice onClose={() => setAdding(false)} />}
        </main>
    );
}

function DeviceCard({ device }: { device: Device }) {
    const words = text.value.devices;
    const [problem, setProblem] = useState('');
    const [choosing, setChoosing] = useState(false);
    const isAdmin = session.value?.role === 'admin';

    async function act(what: () => Promise<unknown>) {
        setProblem('');
        try {
            await what();
            await Promise.all([refreshDevices(), refreshChannels()]);
        } catch (fault) {
            setProblem(saying(fault));
        }
    }

    const change = (body: object) => void act(() => send('PATCH', `devices/${device.id}`, body));

    function forget() {
        if (window.confirm(words.forgetQuestion(device.name)))
            void act(() => remove(`devices/${device.id}`));
    }

    const model = [device.manufacturer, device.model].filter(part => part).join(' ');
    return (
        <section class="panel device" aria-label={device.name}>
            <h2>{device.name} <span class={`badge ${device.connected ? 'live' : 'offline'}`}><i aria-hidden="true" />{device.connected ? words.connected : words.away}</span></h2>
            <dl class="facts">
                <dt>{words.decision}</dt><dd>{words.states[device.state]}</dd>
                <dt>{words.identity}</dt><dd><code>{device.identity}</code></dd>
                {device.plate && <><dt>{words.plate}</dt><dd>{device.plate}</dd></>}
                {model && <><dt>{words.model}</dt><dd>{model}</dd></>}
                <dt>{words.seen}</dt><dd>{device.connected && device.since ? words.since(whenOf(Date.parse(device.since), Date.now())) : device.lastSeen ? whenOf(Date.parse(device.lastSeen), Date.now()) : '–'}</dd>
                {device.position && <><dt>{words.position}</dt><dd>{placeOf(device.position)}, {words.speed(device.position.speed)}, {whenOf(Date.parse(device.position.at), Date.now())}{device.position.fix ? '' : ` (${words.noFix})`}</dd></>}
                {device.alarms.length > 0 && <><dt>{words.alarms}</dt><dd class="trouble">{device.alarms.map(alarm => alarmText(alarm, text.value)).join(', ')}</dd></>}
            </dl>
            {device.state === 'approved' && <Channels device={device} />}
            {problem && <p class="problem" role="alert">{problem}</p>}
            {isAdmin && (
                <footer class="row">
                    {device.state !== 'approved' && <button type="button" class="main" onClick={() => change({ state: 'approved' })}>{words.approve}</button>}
                    {device.state === 'waiting' && <button type="button" onClick={() => change({ state: 'refused' })}>{words.refuse}</button>}
                    {device.state === 'approved' && <Switch on={device.record} onChange={on => change({ record: on })}>{words.record}</Switch>}
                    {device.state === 'approved' && device.protocol === 'gb28181' && <button type="button" onClick={() => setChoosing(true)}>{words.catalog}</button>}
                    <button type="button" class="quiet" onClick={forget} aria-label={words.forget} title={words.forget}><Icon name="trash" /></button>
                </footer>
            )}
            {choosing && <CatalogDialog device={device} onClose={() => setChoosing(false)} />}
        </section>
    );
}

/** What the recorder itself registers with, as a device. */
function PlatformLine({ platform }: { platform: Platform }) {
    const words = text.value.devices;
    const state = !platform.registered ? platform.detail : platform.calls > 0 ? words.takes(platform.calls) : words.takesNothing;
    return (
        <li>
            <span><code>{platform.serverId}</code><small>{platform.host}:{platform.port}{state && ` · ${state}`}</small></span>
            <span class={`badge ${platform.registered ? 'live' : 'offline'}`}><i aria-hidden="true" />{platform.registered ? words.registered : words.notRegistered}</span>
        </li>
    );
}

function Channels({ device }: { device: Device }) {
    const words = text.value.devices;
    const states = new Map((channels.value ?? []).map(c => [c.id, c.state]));
    if (device.channels.length === 0)
        return <p class="hint">{words.noneHere}</p>;
    return (
        <ul class="plain">
            {device.channels.map(channel => {
                const state = states.get(channel.id);
                return (
                    <li key={channel.id}>
                        <a href={hashOf({ at: 'channel', id: channel.id, instant: null })}>{channel.name}</a> {state && <StateBadge state={state} short />}
                    </li>
                );
            })}
        </ul>
    );
}
