using EdgeRecorder.Mp4;

namespace EdgeRecorder.Files;

/// <summary>A file of media that is being written, fragment by fragment. What it has is whole behind every fragment.</summary>
internal interface INamedMedia : IDisposable
{
    /// <summary>Bytes so far.</summary>
    long Length { get; }

    /// <summary>Of what is shown.</summary>
    long Milliseconds { get; }

    /// <summary>Appends the chosen tracks of a fragment.</summary>
    /// <param name="media">`moof` and `mdat`.</param>
    /// <param name="back90k">How much earlier than on the channel's time line it stands in the file.</param>
    /// <exception cref="Bytes.ProtocolException">The fragment is damaged.</exception>
    /// <exception cref="IOException">The disk.</exception>
    void Add(MovieFragment moof, ReadOnlySpan<byte> media, long back90k);

    /// <summary>Puts what there is onto the disk.</summary>
    void Sync();

    /// <summary>Makes the file whole, on the disk. Nothing may follow.</summary>
    void Finish();
}
