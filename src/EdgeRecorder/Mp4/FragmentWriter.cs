namespace EdgeRecorder.Mp4;

/// <summary>
/// Writes a fragment's head:
/// <code>
/// moof( mfhd  traf( tfhd tfdt trun )… )  mdat header  0–7 zero bytes  | samples of track 1, then of track 2
/// </code>
/// The zero bytes stand inside `mdat` in front of the first sample and make moof + mdat a multiple of 8, as a record must be;
/// trun's data_offset passes over them. In front, because there they cost no piece of their own when the record is written.
/// </summary>
internal static class FragmentWriter
{
    private const int Fixed = 8 + 16 + 8 + 7;               // moof, mfhd, mdat header, zeros
    private const int OneSample = 8 + 28 + 20 + 28 + 12;    // a traf with one sample

    /// <summary>Bytes of moof and mdat at most, for samples whose payloads have <paramref name="payloadBytes"/> bytes.</summary>
    public static long Bound(TrackSamples video, TrackSamples audio, long payloadBytes)
        => Fixed + video.HeadBound + audio.HeadBound + 2 * OneSample + payloadBytes;

    /// <summary>The same for one access unit alone.</summary>
    public static long Bound(long payloadBytes) => Fixed + 2 * OneSample + payloadBytes;

    /// <summary>Takes the payloads out of both tracks and clears them. Both have been timed; a track without samples is left out.</summary>
    /// <param name="video">Track 1.</param>
    /// <param name="audio">Track 2.</param>
    /// <returns>Pooled arrays and how much of them is used, for the <see cref="Fragment"/> they make.</returns>
    public static (FragmentBuffers Buffers, int HeadLength, int PayloadCount) Write(uint sequence, TrackSamples video, TrackSamples audio)
    {
        var payloadCount = video.Payloads.Count + audio.Payloads.Count;
        var payloadBytes = video.Payloads.Bytes + audio.Payloads.Bytes;
        var buffers = FragmentBuffers.Rent(Fixed + video.HeadBound + audio.HeadBound, payloadCount);
        var w = new BoxWriter(buffers.Head);

        var moof = w.Open("moof"u8);
        var mfhd = w.Open("mfhd"u8, 0, 0);
        w.U32(sequence);
        w.Close(mfhd);
        var videoOffset = video.Count > 0 ? video.WriteTo(ref w, trackId: 1) : 0;
        var audioOffset = audio.Count > 0 ? audio.WriteTo(ref w, trackId: 2) : 0;
        w.Close(moof);
        var zeros = -(w.Offset + 8 + payloadBytes) & 7;
        w.U32((uint)(8 + zeros + payloadBytes));
        w.Bytes("mdat"u8);
        w.Zeros(zeros);
        if (videoOffset > 0)
            w.PutU32(videoOffset, (uint)w.Offset);
        if (audioOffset > 0)
            w.PutU32(audioOffset, (uint)(w.Offset + video.Payloads.Bytes));

        var videoPayloads = video.Payloads.Count;
        video.Payloads.MoveTo(buffers.Payloads);
        audio.Payloads.MoveTo(buffers.Payloads.AsSpan(videoPayloads));
        video.Clear();
        audio.Clear();
        return (buffers, w.Offset, payloadCount);
    }
}
