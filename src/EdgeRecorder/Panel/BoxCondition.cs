using EdgeRecorder.Health;
using EdgeRecorder.Recording;

namespace EdgeRecorder.Panel;

/// <summary>A channel as a light shows it.</summary>
internal enum ChannelLight
{
    /// <summary>Nobody wants it recorded.</summary>
    Off,

    /// <summary>To be recorded, and no media comes.</summary>
    Armed,
    Recording,

    /// <summary>The box itself cannot take it.</summary>
    Fault,
}

/// <summary>What the lights of a box show.</summary>
/// <param name="Fault">Of the volume, of the hardware or of a channel.</param>
/// <param name="Clip">One is being cut.</param>
/// <param name="IsConnected">A source delivers.</param>
internal sealed record BoxCondition(bool Fault, bool Clip, bool IsConnected, IReadOnlyDictionary<int, ChannelLight> Channels)
{
    public static BoxCondition Read(ChannelCatalog catalog, IRecorder recorder, ButtonRecording recordings, BoxHealth health)
    {
        var (connected, channels) = (false, new Dictionary<int, ChannelLight>());
        foreach (var channel in catalog.All)
        {
            var state = recorder.Status(new(channel.Number, 0))?.State ?? ChannelState.Idle;
            connected |= state is ChannelState.Live or ChannelState.Recording;
            channels[channel.Number] = !recordings.Wants(channel) ? ChannelLight.Off
                : state switch { ChannelState.Recording => ChannelLight.Recording, ChannelState.Refused => ChannelLight.Fault, _ => ChannelLight.Armed };
        }
        return new(health.Faults.Count > 0 || channels.ContainsValue(ChannelLight.Fault), recordings.CutsClip, connected, channels);
    }

    /// <summary>The worst of all channels goes first, but for one: what records is more than what waits (fault, recording, armed, off).</summary>
    public LedPattern RecordLed(bool clipBlink)
        => Fault ? LedPattern.FastBlink
            : Any(ChannelLight.Recording) ? Clip ? clipBlink ? LedPattern.Blink : LedPattern.DarkPulse : LedPattern.On
            : Any(ChannelLight.Armed) ? LedPattern.SlowBlink
            : LedPattern.Off;

    /// <summary>A fault, or a channel that should record and does not.</summary>
    public LedPattern FaultLed => Fault ? LedPattern.On : Any(ChannelLight.Armed) ? LedPattern.SlowBlink : LedPattern.Off;

    /// <summary>A source delivers; or one is wanted and none does.</summary>
    public LedPattern NetworkLed => IsConnected ? LedPattern.On : Any(ChannelLight.Armed) ? LedPattern.SlowBlink : LedPattern.Off;

    public LedPattern ChannelLed(int number) => Channels.GetValueOrDefault(number) switch
    {
        ChannelLight.Fault => LedPattern.FastBlink,
        ChannelLight.Recording => LedPattern.On,
        ChannelLight.Armed => LedPattern.SlowBlink,
        _ => LedPattern.Off,
    };

    private bool Any(ChannelLight light) => Channels.Values.Contains(light);
}
