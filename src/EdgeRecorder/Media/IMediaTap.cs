namespace EdgeRecorder.Media;

/// <summary>What a receiver of media that was asked for calls, from one thread at a time.</summary>
internal interface IMediaTap : ISourceSink
{
    /// <summary>What brought the stream is gone: a connection, or the whole session. Another may take its place where the receiver allows that.</summary>
    void Ended(string why);
}
