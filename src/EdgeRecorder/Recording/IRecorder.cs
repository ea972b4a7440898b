using EdgeRecorder.Media;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Recording;

/// <summary>What runs the channels. Calls return at once; what they lead to shows in <see cref="Status"/>.</summary>
internal interface IRecorder
{
    /// <summary>Raised when the state of a stream is another one. Under a lock of the stream: look at <see cref="Status"/> elsewhere, later.</summary>
    event Action<StreamKey>? Changed;

    /// <summary>Begins to run a channel or takes its changed definition. <paramref name="record"/>: its main stream goes to the ring; <paramref name="recordSub"/>: the other one does;
    /// <paramref name="preRoll"/>: the main stream does so only for events that may come.</summary>
    void Apply(ChannelDefinition channel, bool record, bool recordSub = false, bool preRoll = false);

    /// <summary>Stops the channel and forgets it; its footage stays.</summary>
    void Remove(int number);

    /// <summary>The channel's source can be had again: attempts that wait begin now.</summary>
    void Retry(int number);

    /// <summary>State of a stream now; null when the channel does not run.</summary>
    ChannelStatus? Status(StreamKey stream);

    /// <summary>Watches a stream, which is pulled while anybody does, until the lease is disposed; null when there is no such channel.</summary>
    /// <param name="lowLatency">Fragments of 0.2 s, made for viewers only; the camera's bytes are taken as they come.</param>
    IDisposable? Watch(StreamKey stream, IFragmentViewer viewer, bool lowLatency);
}

/// <summary>In the API and the metrics in lower case.</summary>
internal enum ChannelState
{
    /// <summary>Nobody wants it.</summary>
    Idle,

    /// <summary>Trying, for the first time or after an outage shorter than its first answer.</summary>
    Connecting,

    /// <summary>Captured for viewers only.</summary>
    Live,

    /// <summary>Captured and written.</summary>
    Recording,

    /// <summary>Wanted and not delivering.</summary>
    Offline,

    /// <summary>The box itself cannot take it, for example because the ring is too small.</summary>
    Refused,
}

/// <summary>A stream's state as people see it.</summary>
internal sealed record ChannelStatus
{
    public required ChannelState State { get; init; }

    /// <summary>Why: "401 from camera"; empty when there is nothing to say.</summary>
    public string Detail { get; init; } = "";

    /// <summary>Since when it is in this state.</summary>
    public DateTimeOffset Since { get; init; }
    public IReadOnlyList<Track> Tracks { get; init; } = [];

    /// <summary>Measured over the last seconds.</summary>
    public long BitsPerSecond { get; init; }

    /// <summary>Frames per second of the video, measured; 0 unknown.</summary>
    public double FrameRate { get; init; }

    /// <summary>Access units lost since the daemon started.</summary>
    public long LossCount { get; init; }
    public long Reconnects { get; init; }

    /// <summary>Start of the newest fragment handed to the ring.</summary>
    public DateTimeOffset? LastFragment { get; init; }
    public long BytesReceived { get; init; }
    public long Fragments { get; init; }
}

/// <summary>What a source has.</summary>
/// <param name="Skipped">What it offers and we do not record, with the reason.</param>
/// <param name="Transport">The one that worked: tcp or udp.</param>
internal sealed record SourceOffer(IReadOnlyList<Track> Tracks, IReadOnlyList<string> Skipped, string Transport, long BitsPerSecond);

/// <summary>Asks a source what it has, without recording it.</summary>
internal interface IProbe
{
    /// <exception cref="SourceException">It cannot be used; the message says why.</exception>
    Task<SourceOffer> ProbeAsync(string url, CancellationToken stop);
}
