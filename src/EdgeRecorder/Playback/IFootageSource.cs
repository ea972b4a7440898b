using System.IO.Pipelines;
using EdgeRecorder.Storage;

namespace EdgeRecorder.Playback;

/// <summary>Footage of a range as one MP4.</summary>
internal interface IFootageSource
{
    /// <summary>Whole fragments overlapping [from, to), Unix microseconds, from the sync sample before, re-based to 0 unless <paramref name="verbatim"/>.</summary>
    FootageAnswer Open(StreamKey stream, long fromUtcUs, long toUtcUs, bool verbatim);
}

/// <summary>What there is for a range.</summary>
internal abstract record FootageAnswer
{
    private FootageAnswer() { }

    /// <summary>No footage in the range.</summary>
    public sealed record Nothing : FootageAnswer;

    /// <summary>The format changes inside, so no one file can hold it.</summary>
    public sealed record FormatChange(DateTimeOffset At, string What) : FootageAnswer;

    /// <summary>The head of the segment that begins there cannot be read; the footage around it can.</summary>
    public sealed record Damaged(DateTimeOffset At, string What) : FootageAnswer;

    public sealed record Found(IFootageDownload Download) : FootageAnswer;
}

/// <summary>A file that is not written anywhere: its length is fixed when it is opened, its bytes are made when asked for. Disposing ends the lease.</summary>
internal interface IFootageDownload : IDisposable
{
    long Length { get; }

    /// <summary>Same tag, same bytes; so that a Range goes on where another request stopped. Without quotes.</summary>
    string EntityTag { get; }

    /// <summary>The records it is made of, with their places on its time line.</summary>
    IReadOnlyList<PlannedFragment> Records { get; }

    /// <summary>Writes <paramref name="count"/> bytes from <paramref name="offset"/>.</summary>
    /// <exception cref="IOException">The ring took the footage back while it was read; the response has to be cut.</exception>
    Task CopyAsync(PipeWriter output, long offset, long count, CancellationToken stop);
}
