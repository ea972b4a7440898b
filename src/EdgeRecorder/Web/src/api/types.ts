// What the box API answers (docs/api/openapi.json). Times are ISO 8601 UTC.

export type Role = 'viewer' | 'operator' | 'admin';
export type StreamName = 'main' | 'sub' | 'device';
export type ChannelStateName = 'idle' | 'connecting' | 'live' | 'recording' | 'offline' | 'refused';
export type GapReason = 'not-recording' | 'offline' | 'unauthorized' | 'stalled' | 'reconnect' | 'loss' | 'overload' | 'restart' | 'power-cut'
    | 'unreadable' | 'evicted' | 'disk-fault';

export interface Session {
    user: string;
    role: Role;
    csrfToken: string | null;
    initialPassword: boolean;
}

export interface Track {
    codec: string;
    width: number;
    height: number;
    fps: number;
    timeScale: number;
    audioChannels: number;
}

export interface ChannelState {
    state: ChannelStateName;
    detail: string;
    since: string | null;
    tracks: Track[];
    bitrate: number;
    lossCount: number;
    reconnects: number;
    lastFragment: string | null;
}

export interface Channel {
    id: string;
    number: number;
    key: string;
    protocol: string;
    name: string;
    url: string;
    subUrl: string | null;
    record: boolean;
    transport: 'auto' | 'tcp' | 'udp';
    audio: boolean;
    priority: number;
    setIn: string | null;
    state: ChannelState;
    device: string | null;
    channel: string | null;
}

export interface Position {
    at: string;
    latitude: number;
    longitude: number;
    speed: number;
    heading: number;
    altitude: number;
    fix: boolean;
    ignition: boolean;
}

export interface Alarm {
    kind: string;
    channel: string | null;
}

/** A platform above that the recorder registers with. */
export interface Platform {
    serverId: string;
    host: string;
    port: number;
    registered: boolean;
    since: string | null;
    detail: string;
    calls: number;
}

export interface Device {
    id: string;
    protocol: string;
    identity: string;
    name: string;
    state: 'waiting' | 'approved' | 'refused';
    connected: boolean;
    since: string | null;
    lastSeen: string | null;
    manufacturer: string;
    model: string;
    plate: string;
    record: boolean;
    channels: { id: string; channel: string; key: string; name: string; record: boolean }[];
    position: Position | null;
    alarms: Alarm[];
}

/** An entry of a device's catalog; `id` of the channel that it is here. */
export interface CatalogEntry {
    channel: string;
    name: string;
    online: boolean | null;
    camera: boolean;
    id: string | null;
}

export interface Span {
    from: string;
    to: string;
    bytes: number;
    locked: boolean;
}

export interface Gap {
    from: string;
    to: string | null;
    reason: GapReason;
}

export interface Timeline {
    spans: Span[];
    gaps: Gap[];
}

export interface Lock {
    id: string;
    channel: string;
    stream: StreamName;
    from: string;
    to: string;
    reason: string;
    createdBy: string;
    created: string;
    expires: string | null;
    state: 'pinned' | 'copied';
}

export interface Storage {
    root: string;
    fileSystem: string;
    state: 'ok' | 'fault';
    fault: string;
    volumeBytes: number;
    freeBytes: number;
    ring: {
        bytes: number;
        segmentBytes: number;
        segments: number;
        unusedSegments: number;
        lockedBytes: number;
        eventPoolBytes: number;
        oldestFootage: string | null;
        segmentsRecycled: number;
    };
    channels: { channel: string; stream: StreamName; bytes: number; from: string; to: string }[];
}

export interface Status {
    name: string;
    version: string;
    uptimeSeconds: number;
    time: string;
    clockQuality: 'ntp' | 'gps' | 'device' | 'rtc' | 'unset';
    bootNumber: number;
    channels: number;
    channelStates: Partial<Record<ChannelStateName, number>>;
    fault: string;
    health: {
        faults: string[];
        disks: { name: string; model: string | null; lifeUsedPercent: number | null; temperatureCelsius: number | null; writtenBytesPerDay: number | null; enduranceDays: number | null; smart: { passed: boolean | null; powerOnHours: number | null } | null }[];
        temperatures: { name: string; celsius: number; limitCelsius: number | null }[];
    };
}

export interface Probe {
    tracks: Track[];
    skipped: string[];
    transport: string;
    bitrate: number;
}
