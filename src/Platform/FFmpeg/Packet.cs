using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>An AVPacket: encoded media of one stream. Holds a share of its bytes until it is emptied or disposed of.</summary>
internal sealed unsafe class Packet : SafeHandle
{
    public Packet() : base(0, ownsHandle: true) => SetHandle(FFmpegException.Check(ffmpeg.av_packet_alloc(), "av_packet_alloc"));

    public override bool IsInvalid => handle == 0;

    public AVPacket* Pointer => (AVPacket*)handle;

    public int Stream => Pointer->stream_index;

    /// <summary>In the time base of where it comes from; <see cref="ffmpeg.AV_NOPTS_VALUE"/> when unknown.</summary>
    public long Pts
    {
        get => Pointer->pts;
        set => Pointer->pts = value;
    }

    /// <inheritdoc cref="Pts"/>
    public long Dts
    {
        get => Pointer->dts;
        set => Pointer->dts = value;
    }

    /// <summary>0 when unknown.</summary>
    public long Duration
    {
        get => Pointer->duration;
        set => Pointer->duration = value;
    }

    public bool IsSync => (Pointer->flags & ffmpeg.AV_PKT_FLAG_KEY) != 0;
    public int Size => Pointer->size;
    public ReadOnlySpan<byte> Bytes => new(Pointer->data, Pointer->size);

    /// <summary>Makes it hold a copy of these bytes; what it held before is gone.</summary>
    public void Fill(ReadOnlySpan<byte> bytes, bool isSync)
    {
        Empty();
        FFmpegException.Check(ffmpeg.av_new_packet(Pointer, bytes.Length), "av_new_packet");
        bytes.CopyTo(new Span<byte>(Pointer->data, bytes.Length));
        Pointer->flags = isSync ? ffmpeg.AV_PKT_FLAG_KEY : 0;
    }

    public void Empty() => ffmpeg.av_packet_unref(Pointer);

    /// <summary>A packet with what this one holds, which is empty afterwards.</summary>
    public Packet Take()
    {
        var taken = new Packet();
        ffmpeg.av_packet_move_ref(taken.Pointer, Pointer);
        return taken;
    }

    protected override bool ReleaseHandle()
    {
        var packet = Pointer;
        ffmpeg.av_packet_free(&packet);
        return true;
    }
}
