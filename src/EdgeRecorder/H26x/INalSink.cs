namespace EdgeRecorder.H26x;

/// <summary>Takes the NAL units of a byte stream as they come, without start codes.</summary>
internal interface INalSink
{
    /// <summary>A whole one, shorter than what <see cref="Begin"/> shows.</summary>
    void Write(ReadOnlySpan<byte> nal);

    /// <summary>The beginning of one that comes in pieces: some twelve bytes at least between both.</summary>
    void Begin(ReadOnlySpan<byte> header, ReadOnlySpan<byte> body);

    void Append(ReadOnlySpan<byte> body);

    void End();
}
