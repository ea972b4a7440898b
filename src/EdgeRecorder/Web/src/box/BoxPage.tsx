import { channels, status, storage } from '../api/box';
import type { Status, Storage } from '../api/types';
import { StateBadge } from '../parts/StateBadge';
import { hashOf } from '../route';
import { bitRate, bytes, dayAndTime, duration } from '../text/format';
import { text } from '../text/language';
import { healthOf } from './health';

export function BoxPage() {
    const words = text.value.box;
    const [now, disk] = [status.value, storage.value];
    const health = healthOf(now, disk, text.value);
    const hottest = now?.health.temperatures.reduce<Status['health']['temperatures'][number] | null>((most, one) => most && most.celsius >= one.celsius ? most : one, null);
    return (
        <main class="box">
            <div class="heading"><h1>{words.title}</h1></div>
            {!now && <p class="hint">{text.value.common.loading}</p>}
            {health && <p class={`verdict ${health.level}`} role="status"><i aria-hidden="true" />{health.says}</p>}
            <div class="cards">
                {disk && <RingCard disk={disk} />}
                {disk && (
                    <section class="panel">
                        <h2>{words.volume}</h2>
                        <Meter part={disk.volumeBytes - disk.freeBytes} whole={disk.volumeBytes} label={words.volume} />
                        <p class="figure">{words.free(bytes(disk.freeBytes), bytes(disk.volumeBytes))}</p>
                        <dl class="facts">
                            <dt>{words.folder}</dt><dd><code>{disk.root}</code> ({disk.fileSystem})</dd>
                            {now?.health.disks.map(one => <Wear key={one.name} disk={one} />)}
                        </dl>
                    </section>
                )}
                {now && (
                    <section class="panel">
                        <h2>{words.recorder}</h2>
                        <p class="figure">{now.name}</p>
                        <dl class="facts">
                            <dt>{words.version}</dt><dd>{now.version}</dd>
                            <dt>{words.running}</dt><dd>{duration(now.uptimeSeconds * 1000)}</dd>
                            <dt>{words.clock}</dt><dd>{dayAndTime(Date.parse(now.time))}, {text.value.clock[now.clockQuality]}</dd>
                            {hottest && <><dt>{words.temperature}</dt><dd>{Math.round(hottest.celsius)} °C ({hottest.name})</dd></>}
                            <dt>{words.cameras}</dt>
                            <dd>{Object.entries(now.channelStates).map(([state, count]) => `${count} × ${text.value.state[state as keyof typeof now.channelStates]}`).join(', ') || words.none}</dd>
                        </dl>
                    </section>
                )}
            </div>
            {disk && <PerCamera disk={disk} />}
        </main>
    );
}

/** What the disk says of its life; of what it does not say there is no line. */
function Wear({ disk }: { disk: Status['health']['disks'][number] }) {
    const words = text.value.box;
    return (
        <>
            {disk.lifeUsedPercent !== null && <><dt>{words.lifeUsed}</dt><dd>{disk.lifeUsedPercent} % ({disk.model ?? disk.name})</dd></>}
            {typeof disk.smart?.passed === 'boolean' && <><dt>SMART</dt><dd>{disk.smart.passed ? words.smartPassed : words.smartFailed}{disk.smart.powerOnHours !== null && `, ${words.underPower(duration(disk.smart.powerOnHours * 3_600_000))}`}</dd></>}
            {disk.writtenBytesPerDay !== null && <><dt>{words.writtenPerDay}</dt><dd>{bytes(disk.writtenBytesPerDay)}</dd></>}
            {disk.enduranceDays !== null && <><dt>{words.enduranceDays}</dt><dd>{duration(disk.enduranceDays * 86_400_000)}</dd></>}
            {disk.temperatureCelsius !== null && <><dt>{words.temperature}</dt><dd>{Math.round(disk.temperatureCelsius)} °C</dd></>}
        </>
    );
}

function RingCard({ disk }: { disk: Storage }) {
    const words = text.value.box;
    const { ring } = disk;
    const written = ring.segments - ring.unusedSegments;
    return (
        <section class="panel">
            <h2>{words.ring}</h2>
            <Meter part={written} whole={ring.segments} label={words.ring} />
            <p class="figure">{bytes(ring.bytes)} <small>{ring.unusedSegments === 0 ? words.full : words.used(`${Math.round(100 * written / Math.max(1, ring.segments))} %`)}</small></p>
            <dl class="facts">
                <dt>{words.oldest}</dt><dd>{ring.oldestFootage ? dayAndTime(Date.parse(ring.oldestFootage)) : '–'}</dd>
                <dt>{words.locked}</dt><dd>{bytes(ring.lockedBytes)}</dd>
                <dt>{words.eventPool}</dt><dd>{bytes(ring.eventPoolBytes)}</dd>
            </dl>
        </section>
    );
}

function PerCamera({ disk }: { disk: Storage }) {
    const words = text.value.box;
    return (
        <section class="panel wide">
            <h2>{words.perCamera}</h2>
            <div class="scroll">
                <table>
                    <thead><tr><th>{words.camera}</th><th>{words.state}</th><th>{words.stream}</th><th class="number">{words.bitrate}</th><th class="number">{words.size}</th><th>{words.from}</th><th>{words.to}</th></tr></thead>
                    <tbody>
                        {(channels.value ?? []).flatMap(channel => {
                            const shares = disk.channels.filter(s => s.channel === channel.id);
                            return (shares.length > 0 ? shares : [null]).map(share => (
                                <tr key={`${channel.id}${share?.stream}`}>
                                    <td><a href={hashOf({ at: 'channel', id: channel.id, instant: null })}>{channel.name}</a></td>
                                    <td><StateBadge state={channel.state} short /></td>
                                    <td>{share?.stream === 'sub' ? words.sub : share?.stream === 'device' ? words.fromDevice : words.main}</td>
                                    <td class="number">{(!share || share.stream === 'main') && channel.state.bitrate > 0 ? bitRate(channel.state.bitrate) : '–'}</td>
                                    <td class="number">{share ? bytes(share.bytes) : '–'}</td>
                                    <td>{share ? dayAndTime(Date.parse(share.from)) : '–'}</td>
                                    <td>{share ? dayAndTime(Date.parse(share.to)) : '–'}</td>
                                </tr>
                            ));
                        })}
                    </tbody>
                </table>
            </div>
        </section>
    );
}

function Meter({ part, whole, label }: { part: number; whole: number; label: string }) {
    return <progress class="meter" aria-label={label} value={part} max={Math.max(1, whole)} />;
}
