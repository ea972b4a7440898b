using EdgeRecorder.Bytes;
using EdgeRecorder.Media;
using EdgeRecorder.MpegPs;

namespace EdgeRecorder.MpegTs;

/// <summary>PAT and PMT of one programme (ISO/IEC 13818-1, 2.4.4), made once.</summary>
internal sealed class TsTables
{
    public const int PatPid = 0, PmtPid = 0x1000, VideoPid = 0x100, AudioPid = 0x101;
    private const ushort Programme = 1;

    public TsTables(Track? video, Track? audio)
    {
        Pat = Section(0x00, 1, static (ref ByteWriter w) =>
        {
            w.U16(Programme);
            w.U16(0xE000 | PmtPid);
        });
        Pmt = Section(0x02, Programme, (ref ByteWriter w) =>
        {
            w.U16((ushort)(0xE000 | (video is null ? AudioPid : VideoPid)));       // PCR_PID
            w.U16(0xF000);                                  // no descriptors
            if (video is not null)
                WriteStream(ref w, (byte)(video.Codec == Codec.H264 ? 0x1B : 0x24), VideoPid);
            if (audio is not null)
                WriteStream(ref w, 0x0F, AudioPid);         // AAC in ADTS
        });
    }

    public byte[] Pat { get; }
    public byte[] Pmt { get; }

    private delegate void Body(ref ByteWriter writer);

    /// <summary>table_id, length, an id, version 0, current, section 0 of 0, body, CRC.</summary>
    private static byte[] Section(byte table, ushort id, Body body)
    {
        var section = new byte[64];
        var w = new ByteWriter(section);
        w.U8(table);
        w.U16(0);
        w.U16(id);
        w.U8(0xC1);
        w.U16(0);
        body(ref w);
        var length = w.Offset + 4;
        section[1] = 0xB0;
        section[2] = (byte)(length - 3);
        w.U32(MpegCrc.Of(section.AsSpan(0, w.Offset)));
        return section[..length];
    }

    private static void WriteStream(ref ByteWriter w, byte type, ushort pid)
    {
        w.U8(type);
        w.U16((ushort)(0xE000 | pid));
        w.U16(0xF000);
    }
}
