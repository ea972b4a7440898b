using EdgeRecorder.Mp4;

namespace EdgeRecorder.Playback;

/// <summary>The head of a record whose sound is another: `moof` with the pictures' `traf` as it was, but for where they lie, and one of AAC; and the header of `mdat`.</summary>
internal static class SoundedHead
{
    private const int SoundFixed = 8 + 16 + 20 + 20;        // traf, tfhd, tfdt, trun

    /// <param name="moof">As it was recorded.</param>
    /// <param name="pictureBytes">What of `mdat` the pictures take; frames follow.</param>
    /// <param name="frames">One behind the other without a hole.</param>
    public static byte[] Write(ReadOnlySpan<byte> moof, int pictureBytes, (long Time, byte[] Bytes)[] frames)
    {
        var bytes = new byte[moof.Length + SoundFixed + 4 * frames.Length + 8];
        var w = new BoxWriter(bytes);
        var whole = new BoxReader(moof);
        whole.TryNext(out var source);
        var box = w.Open("moof"u8);
        var (pictureOffset, soundOffset) = (0, 0);
        var children = new BoxReader(source.Body, source.BodyOffset);
        while (children.TryNext(out var child))
        {
            if (!child.Is("traf"u8))
                w.Bytes(child.Bytes);
            else if (child.Child("tfhd"u8).Full(out _, out _).U32("track_ID") == 1)
            {
                // version and flags, sample_count, data_offset: MovieFragment has seen that it is there.
                pictureOffset = w.Offset + child.Child("trun"u8).BodyOffset + 8 - child.Offset;
                w.Bytes(child.Bytes);
            }
        }
        if (frames.Length > 0)
            soundOffset = WriteSound(ref w, frames);
        w.Close(box);
        var head = w.Offset + 8;
        w.U32((uint)(8 + pictureBytes + frames.Sum(frame => frame.Bytes.Length)));
        w.Bytes("mdat"u8);
        if (pictureOffset > 0)
            w.PutU32(pictureOffset, (uint)head);
        if (soundOffset > 0)
            w.PutU32(soundOffset, (uint)(head + pictureBytes));
        return bytes[..w.Offset];
    }

    /// <summary>Returns the place of data_offset. `trun` has sizes only; the duration is that of `tfhd`, and every frame is a sync sample by `trex`.</summary>
    private static int WriteSound(ref BoxWriter w, (long Time, byte[] Bytes)[] frames)
    {
        var traf = w.Open("traf"u8);
        var tfhd = w.Open("tfhd"u8, 0, 0x020008);
        w.U32(2);
        w.U32(Sound.SpeechEncoder.FrameSamples);
        w.Close(tfhd);
        var tfdt = w.Open("tfdt"u8, 1, 0);
        w.U64((ulong)frames[0].Time);
        w.Close(tfdt);
        var trun = w.Open("trun"u8, 1, 0x201);
        w.U32((uint)frames.Length);
        var offset = w.Offset;
        w.U32(0);
        foreach (var (_, bytes) in frames)
            w.U32((uint)bytes.Length);
        w.Close(trun);
        w.Close(traf);
        return offset;
    }
}
