using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>Rewrites packets without decoding them (AVBSFContext), one for one: h264_mp4toannexb, hevc_mp4toannexb.</summary>
internal sealed unsafe class BitstreamFilter : SafeHandle
{
    private BitstreamFilter(AVBSFContext* context) : base(0, ownsHandle: true) => SetHandle((nint)context);

    public override bool IsInvalid => handle == 0;

    public AVRational TimeBase => Pointer->time_base_out;

    internal AVCodecParameters* Parameters => Pointer->par_out;

    private AVBSFContext* Pointer => (AVBSFContext*)handle;

    public static BitstreamFilter Open(string name, Demuxer source, int index)
    {
        AVBSFContext* context = null;
        FFmpegException.Check(ffmpeg.av_bsf_alloc(ffmpeg.av_bsf_get_by_name(name), &context), "av_bsf_alloc");
        var filter = new BitstreamFilter(context);
        try
        {
            FFmpegException.Check(ffmpeg.avcodec_parameters_copy(context->par_in, source.StreamPointer(index)->codecpar), "avcodec_parameters_copy");
            context->time_base_in = source.StreamPointer(index)->time_base;
            FFmpegException.Check(ffmpeg.av_bsf_init(context), "av_bsf_init");
            return filter;
        }
        catch
        {
            filter.Dispose();
            throw;
        }
    }

    /// <summary>Replaces what the packet holds; false when nothing came out of it.</summary>
    public bool Apply(Packet packet)
    {
        FFmpegException.Check(ffmpeg.av_bsf_send_packet(Pointer, packet.Pointer), "av_bsf_send_packet");
        var result = ffmpeg.av_bsf_receive_packet(Pointer, packet.Pointer);
        if (result == FFmpegException.Again)
            return false;
        FFmpegException.Check(result, "av_bsf_receive_packet");
        return true;
    }

    protected override bool ReleaseHandle()
    {
        var context = Pointer;
        ffmpeg.av_bsf_free(&context);
        return true;
    }
}
