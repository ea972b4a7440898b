using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>Decodes one stream of a container (AVCodecContext).</summary>
internal sealed unsafe class Decoder : SafeHandle
{
    /// <summary>The largest picture that is decoded: 8192 × 4320. More is an attack on memory, not a camera.</summary>
    public const long LargestPixels = 8192L * 4320;

    private Decoder(AVCodecContext* context) : base(0, ownsHandle: true) => SetHandle((nint)context);

    public override bool IsInvalid => handle == 0;

    private AVCodecContext* Pointer => (AVCodecContext*)handle;

    /// <param name="threads">Each but the first delays the output by a picture.</param>
    /// <exception cref="FFmpegException">FFmpeg has no decoder for it, or its parameters are damaged.</exception>
    public static Decoder Open(Demuxer source, int index, int threads)
    {
        var stream = source.StreamPointer(index);
        var codec = ffmpeg.avcodec_find_decoder(stream->codecpar->codec_id);
        if (codec is null)
            throw new FFmpegException("avcodec_find_decoder", ffmpeg.AVERROR_DECODER_NOT_FOUND);
        var decoder = new Decoder((AVCodecContext*)FFmpegException.Check(ffmpeg.avcodec_alloc_context3(codec), "avcodec_alloc_context3"));
        try
        {
            var context = decoder.Pointer;
            FFmpegException.Check(ffmpeg.avcodec_parameters_to_context(context, stream->codecpar), "avcodec_parameters_to_context");
            context->pkt_timebase = stream->time_base;
            context->thread_count = threads;
            context->thread_type = threads > 1 ? ffmpeg.FF_THREAD_FRAME : ffmpeg.FF_THREAD_SLICE;
            context->max_pixels = LargestPixels;
            FFmpegException.Check(ffmpeg.avcodec_open2(context, codec, null), "avcodec_open2");
            return decoder;
        }
        catch
        {
            decoder.Dispose();
            throw;
        }
    }

    /// <summary>Hands over a packet, or null at the end. Take frames until there are none before the next one.</summary>
    /// <returns>False when the packet is damaged beyond use; the next ones may be better.</returns>
    public bool Send(Packet? packet)
    {
        var result = ffmpeg.avcodec_send_packet(Pointer, packet is null ? null : packet.Pointer);
        if (result == ffmpeg.AVERROR_INVALIDDATA)
            return false;
        if (result != ffmpeg.AVERROR_EOF)                   // the end was announced before
            FFmpegException.Check(result, "avcodec_send_packet");
        return true;
    }

    /// <summary>The next decoded frame, if there is one.</summary>
    public bool TryReceive(Frame frame)
    {
        while (true)
        {
            var result = ffmpeg.avcodec_receive_frame(Pointer, frame.Pointer);
            if (result is FFmpegException.Again or ffmpeg.AVERROR_EOF)
                return false;
            if (result == ffmpeg.AVERROR_INVALIDDATA)
                continue;                                   // with several threads damage is told here; the next picture may be whole
            FFmpegException.Check(result, "avcodec_receive_frame");
            return true;
        }
    }

    protected override bool ReleaseHandle()
    {
        var context = Pointer;
        ffmpeg.avcodec_free_context(&context);
        return true;
    }
}
