using EdgeRecorder.Storage;
using EdgeRecorder.Storage.Format;

namespace EdgeRecorder.Export;

/// <summary>A stretch of one segment of the ring that went into an export.</summary>
internal sealed class SourceSpan(int segment, long generation, long fromUtcUs)
{
    public int Segment => segment;
    public long Generation => generation;
    public long FromUtcUs => fromUtcUs;
    public long ToUtcUs { get; set; }

    /// <summary>Its records in order: sequence, and h where the ring chains them.</summary>
    public List<(long Sequence, string Chain)> Records { get; } = [];
}

/// <summary>Notes which records of the ring an export was made of, for its manifest.</summary>
internal sealed class SourceRecords
{
    private readonly List<SourceSpan> _spans = [];

    public IReadOnlyList<SourceSpan> Spans => _spans;

    /// <param name="header">The record's `uuid` box.</param>
    public void Add(in FragmentRef fragment, in RecordHeader header, ReadOnlySpan<byte> record)
    {
        if (_spans.Count == 0 || _spans[^1] is not { } span || span.Segment != fragment.Segment || span.Generation != fragment.Generation || span.Records[^1].Sequence + 1 != header.Sequence)
            _spans.Add(span = new SourceSpan(fragment.Segment, fragment.Generation, fragment.FromUtcUs));
        span.ToUtcUs = fragment.ToUtcUs;
        span.Records.Add((header.Sequence, (header.Flags & RecordFlags.Chained) == 0 ? "" : Convert.ToHexStringLower(record.Slice(RecordHeader.ChainOffset, RecordHeader.ChainLength))));
    }
}
