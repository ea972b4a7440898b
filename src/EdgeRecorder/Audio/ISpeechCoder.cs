using EdgeRecorder.Media;

namespace EdgeRecorder.Audio;

/// <summary>A frame of AAC.</summary>
/// <param name="time">Where what is heard of it begins, in the AAC track's time scale: the coder's delay has been taken off.</param>
internal delegate void AacFrame(long time, ReadOnlySpan<byte> bytes);

/// <summary>Makes AAC of speech of 8 kHz and one channel that MP4 cannot carry as it came. For one stream; not thread-safe.</summary>
internal interface ISpeechCoder : IDisposable
{
    /// <summary>Of the frames.</summary>
    Track Track { get; }

    /// <param name="time">Of the first sample, 8 kHz.</param>
    /// <param name="frames">Called with what becomes complete with them.</param>
    /// <returns>False: there is no encoder, or it has failed, and there will be none.</returns>
    bool TryAdd(long time, ReadOnlySpan<short> samples, AacFrame frames);
}
