using EdgeRecorder.Media;

namespace EdgeRecorder.Storage;

/// <summary>A stream of a channel as the ring knows it. <paramref name="Stream"/>: 0 main, 1 sub, 2 what its device had stored itself and was brought in later.</summary>
public readonly record struct StreamKey(int ChannelNumber, byte Stream)
{
    /// <summary>Footage of the device's own storage: dated by when it was filmed, not written in order of time, and without gaps of its own.</summary>
    public const byte Device = 2;

    /// <summary>As addresses and answers spell it.</summary>
    public static string Word(byte stream) => stream switch { 0 => "main", 1 => "sub", _ => "device" };

    public static byte? Read(string word) => word switch { "main" => 0, "sub" => 1, "device" => Device, _ => null };
}

/// <summary>What a segment's header says of its channel, so that footage explains itself without a database (DESIGN P3).</summary>
/// <param name="Number">1…, never reused.</param>
/// <param name="Id">Opaque, URL-safe, never reused.</param>
/// <param name="Source">Address without credentials.</param>
public sealed record ChannelIdentity(int Number, string Id, string Key, string Name, string Source);

/// <summary>A stretch of footage without a break inside one segment. Times are Unix microseconds as dated now.</summary>
public readonly record struct FootageSpan(StreamKey Stream, long Generation, int Segment, long FromUtcUs, long ToUtcUs, long MediaStart90k, long MediaEnd90k, long Bytes, bool Locked);

/// <summary>
/// Where one record lies. <paramref name="Offset"/> is the record's first byte (its `uuid` box), <paramref name="Length"/> the whole record;
/// moof begins <see cref="RecordHeaderLength"/> bytes in.
/// </summary>
public readonly record struct FragmentRef(
    int Segment, long Generation, int Offset, int Length, long MediaStart90k, uint Duration90k, bool IsSync, bool StartsRun, long FromUtcUs, long ToUtcUs)
{
    /// <summary>Length of the `uuid` box in front of every moof.</summary>
    public const int RecordHeaderLength = 176;

    public int MediaOffset => Offset + RecordHeaderLength;
    public int MediaLength => Length - RecordHeaderLength;
}

/// <summary>One or more records that lie behind one another in a segment, named so that the name is wrong once the segment is another's.</summary>
public readonly record struct RecordPlace(int Segment, long Generation, int Offset, int Length);

/// <summary>A gap as the ledger has it; <paramref name="ToUtcUs"/> is null while it lasts.</summary>
public readonly record struct Gap(StreamKey Stream, long FromUtcUs, long? ToUtcUs, GapReason Reason);
