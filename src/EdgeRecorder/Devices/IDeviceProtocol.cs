using System.Net;
using EdgeRecorder.Ledger;
using EdgeRecorder.Media;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Devices;

/// <summary>What every kind of device can be asked, whatever it speaks. One implementation per protocol; the API knows only this.</summary>
internal interface IDeviceProtocol
{
    /// <summary>As `protocol` of devices and channels spells it.</summary>
    string Protocol { get; }

    /// <summary>The identity as it is stored, or null when the text cannot be one.</summary>
    string? Identity(string text);

    /// <summary>Whether a channel can be called that.</summary>
    bool IsChannel(string channel);

    /// <summary>Null while the device is not connected.</summary>
    Presence? Presence(DeviceRow device);

    /// <summary>Its newest report since the daemon started; null before, and while nobody approved it.</summary>
    DeviceReport? Report(DeviceRow device);

    /// <summary>A session for a stream of one of its channels: 0 main, 1 sub.</summary>
    ISourceSession Connect(ChannelDefinition channel, byte stream);

    /// <exception cref="DeviceException">The device is not there, refuses or does not answer.</exception>
    Task MoveAsync(DeviceRow device, string channel, PtzMove move, CancellationToken stop);

    /// <summary>Places that a channel's camera knows by number.</summary>
    /// <exception cref="DeviceException">As <see cref="MoveAsync"/>.</exception>
    Task<IReadOnlyList<CameraPreset>> PresetsAsync(DeviceRow device, string channel, CancellationToken stop);

    /// <summary>Tells the device to do something. Returns when it said that it does.</summary>
    /// <exception cref="DeviceException">As <see cref="MoveAsync"/>.</exception>
    Task CommandAsync(DeviceRow device, DeviceOrder order, CancellationToken stop);

    /// <summary>What the device holds on its own storage, of one channel or of all, overlapping [from, to), in order of time.</summary>
    /// <exception cref="DeviceException">As <see cref="MoveAsync"/>.</exception>
    Task<IReadOnlyList<StoredFootage>> ListFootageAsync(DeviceRow device, string? channel, DateTimeOffset from, DateTimeOffset to, CancellationToken stop);

    /// <summary>Has the device send what it stored of [from, to). Returns when it sent all.</summary>
    /// <exception cref="DeviceException">As <see cref="MoveAsync"/>, also when it ends before.</exception>
    Task BringFootageAsync(DeviceRow device, string channel, FootageWish wish, IFootageSink sink, CancellationToken stop);
}

/// <summary>A connection of a device.</summary>
/// <param name="Version">Which edition of its protocol it speaks.</param>
internal sealed record Presence(DateTimeOffset Since, IPEndPoint Remote, string Version);

/// <summary>Where a device is and what it said beside it.</summary>
/// <param name="Position">Null where it has told none that can be one.</param>
/// <param name="Alarms">Those that stand.</param>
internal sealed record DeviceReport(Position? Position, double? MileageKm, int? Signal, int? Satellites, IReadOnlyList<Alarm> Alarms);

/// <summary>Directions and lenses, as every protocol has them.</summary>
internal enum PtzAction
{
    Stop, Up, Down, Left, Right, ZoomIn, ZoomOut, FocusFar, FocusNear, IrisOpen, IrisClose, WiperOn, WiperOff, LightOn, LightOff,
    UpLeft, UpRight, DownLeft, DownRight, PresetSet, PresetCall, PresetDelete, CruiseStart, ScanStart,
}

/// <param name="Speed">0 to 255, where the action has one.</param>
/// <param name="Preset">1 to 255: number of a preset, a cruise or a scan.</param>
internal readonly record struct PtzMove(PtzAction Action, byte Speed, byte Preset = 0);

/// <summary>A place that a camera knows by number.</summary>
internal readonly record struct CameraPreset(int Number, string Name);

/// <summary>What a device can be told beside moving its cameras. Recording is on its own storage and has nothing to do with ours.</summary>
internal enum DeviceCommand { RecordStart, RecordStop, Arm, Disarm, ResetAlarm, HomeOn, HomeOff, SyncSample, Reboot }

/// <param name="Channel">Null: the device itself.</param>
/// <param name="Preset">Home: where to, 1 to 255.</param>
/// <param name="Seconds">Home: how long nobody has to have moved it.</param>
internal readonly record struct DeviceOrder(DeviceCommand Command, string? Channel = null, int? Preset = null, int? Seconds = null);

/// <summary>A stretch of footage on a device's own storage.</summary>
/// <param name="Stream">main or sub; empty where it does not say.</param>
/// <param name="Storage">main or backup; empty where it does not say.</param>
/// <param name="Alarms">Kinds of the alarms that fell into it.</param>
internal sealed record StoredFootage(string Channel, DateTimeOffset From, DateTimeOffset To, string Stream, string Storage, string Content, long Bytes, IReadOnlyList<string> Alarms);

/// <summary>Footage that somebody wants from a device's storage.</summary>
/// <param name="Speed">So many times faster than it was filmed, where the device can; 0 leaves that to the protocol.</param>
internal readonly record struct FootageWish(DateTimeOffset From, DateTimeOffset To, byte Stream, bool Audio, byte Speed = 0);

/// <summary>Where footage of a device's storage goes.</summary>
internal interface IFootageSink : ISourceSink
{
    /// <summary>From the newest picture to the end of what was asked for; negative behind it. Null before the first.</summary>
    TimeSpan? Remaining { get; }
}

/// <summary>Why a device did not do what it was asked.</summary>
internal enum DeviceFault { NotConnected, NotApproved, Refused, Silent, Unsupported }

internal sealed class DeviceException(DeviceFault fault, string message, Exception? inner = null) : Exception(message, inner)
{
    public DeviceFault Fault => fault;
}
