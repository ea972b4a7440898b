using EdgeRecorder.Ledger;

namespace EdgeRecorder.Recording;

/// <summary>What an owner asks to be kept. Families name one channel and one stream; the box API may name several channels.</summary>
internal sealed record RecordingWish
{
    /// <summary>The kind that only holds footage ready for events: what none of them claims is the first to be overwritten.</summary>
    public const string PreRoll = "pre-roll";

    /// <summary>cdvr, ome, inspector, axxon, box, button, schedule.</summary>
    public required string Owner { get; init; }

    /// <summary>The owner's own id, unique per owner among those that are not stopped; empty: none.</summary>
    public string ExternalId { get; init; } = "";

    /// <summary>record, clip, pre-roll.</summary>
    public string Kind { get; init; } = "record";

    /// <summary>Numbers; empty while the channel is awaited.</summary>
    public IReadOnlyList<int> Channels { get; init; } = [];

    /// <summary>What a channel that is not there yet will be known by (<see cref="ChannelNames"/>); it is bound when the catalog has it.</summary>
    public string Awaits { get; init; } = "";

    /// <summary>0 main, 1 sub.</summary>
    public byte Stream { get; init; }

    /// <summary>Null: until stopped.</summary>
    public DateTimeOffset? Until { get; init; }

    /// <summary>JSON of the family: templates, split, tracks, metadata. The desk does not read it.</summary>
    public string Plan { get; init; } = "";

    /// <summary>Who asked.</summary>
    public required string By { get; init; }
}

/// <summary>How far the files of a recording are. The error stands until a report without one.</summary>
internal sealed record RecordingProgress
{
    /// <summary>Of the file being written, or of the last one.</summary>
    public required int Sequence { get; init; }
    public DateTimeOffset? Start { get; init; }
    public long Bytes { get; init; }
    public long Milliseconds { get; init; }
    public long TotalBytes { get; init; }
    public long TotalMilliseconds { get; init; }
    public string Path { get; init; } = "";
    public string InfoPath { get; init; } = "";
    public string Error { get; init; } = "";
}

/// <summary>Whoever writes files for recordings; told in the order of registration, never under a lock of the desk's that a report would need.</summary>
internal interface IRecordingFollower
{
    /// <summary>By owner and plan.</summary>
    bool Wants(RecordingRow recording);

    /// <summary>It was started and has its channel, or was found running after a restart: then sequence and path say where it was.</summary>
    void Began(RecordingRow recording);

    /// <summary>A stop was asked for: close what is open. The recording is stopped when this has ended. Its channel may not be captured any more.</summary>
    Task EndedAsync(RecordingRow recording);
}
