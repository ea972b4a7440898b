using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>What an encoder of pictures is opened with.</summary>
/// <param name="Name">FFmpeg's: libx264, h264_v4l2m2m, mjpeg.</param>
internal sealed record PictureEncoding(string Name, int Width, int Height, AVRational TimeBase, AVRational FrameRate)
{
    public AVRational SampleAspect { get; init; }
    public AVColorSpace ColorSpace { get; init; } = AVColorSpace.AVCOL_SPC_UNSPECIFIED;
    public bool FullRange { get; init; }

    /// <inheritdoc cref="Muxer.WantsGlobalHeader"/>
    public bool GlobalHeader { get; init; }
    public int GopPictures { get; init; }
    public int Threads { get; init; } = 1;

    /// <summary>mjpeg: 2 the best to 31; 0 leaves it to the encoder.</summary>
    public int FixedQuantizer { get; init; }

    /// <summary>For encoders that know no quality, bit/s; 0 leaves it to the encoder.</summary>
    public long BitRate { get; init; }

    /// <summary>The encoder's own: preset, crf …</summary>
    public IReadOnlyList<(string Key, string Value)> Options { get; init; } = [];
}

/// <summary>Encodes pictures or samples (AVCodecContext).</summary>
internal sealed unsafe class Encoder : SafeHandle
{
    private Encoder(AVCodecContext* context) : base(0, ownsHandle: true) => SetHandle((nint)context);

    public override bool IsInvalid => handle == 0;

    /// <summary>Of the frames it takes and of the packets it gives.</summary>
    public AVRational TimeBase => Pointer->time_base;

    /// <summary>Pictures per second, as it was told.</summary>
    public AVRational Pictures => Pointer->framerate;

    /// <summary>Samples that each frame must have.</summary>
    public int FrameSamples => Pointer->frame_size;

    /// <summary>AudioSpecificConfig, avcC: whatever stands in a container's head.</summary>
    public ReadOnlySpan<byte> ExtraData => new(Pointer->extradata, Pointer->extradata_size);

    internal AVCodecContext* Pointer => (AVCodecContext*)handle;

    /// <exception cref="FFmpegException">There is no such encoder, or it does not take these pictures.</exception>
    public static Encoder Open(PictureEncoding wanted)
    {
        var encoder = Find(wanted.Name, out var codec);
        var context = encoder.Pointer;
        context->width = wanted.Width;
        context->height = wanted.Height;
        context->pix_fmt = wanted.Name == "mjpeg" ? AVPixelFormat.AV_PIX_FMT_YUVJ420P : AVPixelFormat.AV_PIX_FMT_YUV420P;
        context->color_range = wanted.FullRange ? AVColorRange.AVCOL_RANGE_JPEG : AVColorRange.AVCOL_RANGE_MPEG;
        context->colorspace = wanted.ColorSpace;
        context->sample_aspect_ratio = wanted.SampleAspect;
        context->time_base = wanted.TimeBase;
        context->framerate = wanted.FrameRate;
        context->gop_size = wanted.GopPictures;
        context->max_b_frames = 0;                          // AVI has no presentation times; and no picture waits for a later one
        context->thread_count = wanted.Threads;
        context->bit_rate = wanted.BitRate;
        if (wanted.FixedQuantizer > 0)
        {
            context->flags |= ffmpeg.AV_CODEC_FLAG_QSCALE;
            context->global_quality = ffmpeg.FF_QP2LAMBDA * wanted.FixedQuantizer;
        }
        return encoder.Finish(codec, wanted.GlobalHeader, wanted.Options);
    }

    /// <summary>AAC-LC.</summary>
    public static Encoder OpenAac(int samplingRate, int channels, long bitRate, bool globalHeader)
    {
        var encoder = Find("aac", out var codec);
        var context = encoder.Pointer;
        context->sample_fmt = AVSampleFormat.AV_SAMPLE_FMT_FLTP;
        context->sample_rate = samplingRate;
        ffmpeg.av_channel_layout_default(&context->ch_layout, channels);
        context->bit_rate = bitRate;
        context->time_base = new AVRational { num = 1, den = samplingRate };
        return encoder.Finish(codec, globalHeader, []);
    }

    /// <summary>Hands over a frame, or null at the end. Take packets until there are none before the next one.</summary>
    public void Send(Frame? frame)
        => FFmpegException.Check(ffmpeg.avcodec_send_frame(Pointer, frame is null ? null : frame.Pointer), "avcodec_send_frame");

    public bool TryReceive(Packet packet)
    {
        packet.Empty();
        var result = ffmpeg.avcodec_receive_packet(Pointer, packet.Pointer);
        if (result is FFmpegException.Again or ffmpeg.AVERROR_EOF)
            return false;
        FFmpegException.Check(result, "avcodec_receive_packet");
        return true;
    }

    protected override bool ReleaseHandle()
    {
        var context = Pointer;
        ffmpeg.avcodec_free_context(&context);
        return true;
    }

    private static Encoder Find(string name, out AVCodec* codec)
    {
        codec = ffmpeg.avcodec_find_encoder_by_name(name);
        if (codec is null)
            throw new FFmpegException($"avcodec_find_encoder_by_name {name}", ffmpeg.AVERROR_ENCODER_NOT_FOUND);
        return new((AVCodecContext*)FFmpegException.Check(ffmpeg.avcodec_alloc_context3(codec), "avcodec_alloc_context3"));
    }

    private Encoder Finish(AVCodec* codec, bool globalHeader, IReadOnlyList<(string Key, string Value)> options)
    {
        AVDictionary* dictionary = null;
        try
        {
            if (globalHeader)
                Pointer->flags |= ffmpeg.AV_CODEC_FLAG_GLOBAL_HEADER;
            foreach (var (key, value) in options)
                FFmpegException.Check(ffmpeg.av_dict_set(&dictionary, key, value, 0), "av_dict_set");
            FFmpegException.Check(ffmpeg.avcodec_open2(Pointer, codec, &dictionary), "avcodec_open2");
            return this;
        }
        catch
        {
            Dispose();
            throw;
        }
        finally
        {
            ffmpeg.av_dict_free(&dictionary);
        }
    }
}
