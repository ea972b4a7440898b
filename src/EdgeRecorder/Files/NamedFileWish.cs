using EdgeRecorder.Ledger;
using EdgeRecorder.Mp4;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Files;

internal enum NamedContainer { Mp4, Ts }

/// <summary>A file that begins: its number within the recording and the date of its first picture.</summary>
internal readonly record struct NamedFileStart(int Sequence, DateTimeOffset Utc);

/// <summary>A file that has its last name.</summary>
/// <param name="Row">As the ledger has it.</param>
/// <param name="IsLast">The recording was stopped; nothing follows.</param>
internal sealed record NamedFileDone(RecordingFileRow Row, FamilyPath Place, DateTimeOffset Start, DateTimeOffset End, long Milliseconds, bool IsLast);

/// <summary>What files a recording promises.</summary>
internal sealed record NamedFileWish
{
    public required string RecordingId { get; init; }
    public required StreamKey Stream { get; init; }
    public required NamedContainer Container { get; init; }
    public TrackChoice Tracks { get; init; } = TrackChoice.All;

    /// <summary>Time stamps run on from the channel's; else each file begins at 0.</summary>
    public bool Continuity { get; init; }

    public SplitRule Split { get; init; } = SplitRule.Never;

    /// <summary>Asked when a file begins; its folder is where the file is written.</summary>
    public required Func<NamedFileStart, FamilyPath> Name { get; init; }

    /// <summary>Asked when a file ends, with the date of its end; null: as <see cref="Name"/>.</summary>
    public Func<NamedFileStart, DateTimeOffset, FamilyPath>? FinalName { get; init; }

    /// <summary>What <see cref="Ledger.RecordingRow.Path"/> is to say of a place.</summary>
    public Func<FamilyPath, string> Shown { get; init; } = static place => place.InRoot;

    /// <summary>What <see cref="Ledger.RecordingRow.InfoPath"/> is to say while the file is written.</summary>
    public Func<NamedFileStart, string> Info { get; init; } = static _ => "";

    /// <summary>Whether a file that cannot be written is tried again every 5 s; asked each time. Where not, the recording stays in error.</summary>
    public Func<bool> Retries { get; init; } = static () => true;

    /// <summary>Begin in the past of the ring, at the sync sample before; null: with the next sync sample.</summary>
    public DateTimeOffset? From { get; init; }

    /// <summary>Told of each file when it has its last name, on the thread that writes.</summary>
    public Action<NamedFileDone>? Finished { get; init; }
}
