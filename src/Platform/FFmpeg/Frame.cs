using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.FFmpeg;

/// <summary>An AVFrame: a picture or some samples, decoded. Planes are reached as spans, so that who draws into one cannot leave it.</summary>
internal sealed unsafe class Frame : SafeHandle
{
    public Frame() : base(0, ownsHandle: true) => SetHandle(FFmpegException.Check(ffmpeg.av_frame_alloc(), "av_frame_alloc"));

    public override bool IsInvalid => handle == 0;

    public AVFrame* Pointer => (AVFrame*)handle;

    public int Width => Pointer->width;
    public int Height => Pointer->height;

    /// <summary>Samples per channel; 0 for pictures.</summary>
    public int SampleCount => Pointer->nb_samples;
    public int ChannelCount => Pointer->ch_layout.nb_channels;

    public AVPixelFormat PixelFormat => (AVPixelFormat)Pointer->format;
    public AVSampleFormat SampleFormat => (AVSampleFormat)Pointer->format;
    public AVRational SampleAspect => Pointer->sample_aspect_ratio;
    public AVColorSpace ColorSpace => Pointer->colorspace;

    /// <summary>Luma from 0 to 255 rather than 16 to 235.</summary>
    public bool IsFullRange => PixelFormat == AVPixelFormat.AV_PIX_FMT_YUVJ420P || Pointer->color_range == AVColorRange.AVCOL_RANGE_JPEG;

    /// <summary>Three planes of 8 bits, chroma halved both ways.</summary>
    public bool IsI420 => PixelFormat is AVPixelFormat.AV_PIX_FMT_YUV420P or AVPixelFormat.AV_PIX_FMT_YUVJ420P;

    public long Pts
    {
        get => Pointer->pts;
        set => Pointer->pts = value;
    }

    /// <summary>Where a decoder believes the picture belongs.</summary>
    public long BestPts => Pointer->best_effort_timestamp;

    /// <summary>An empty I420 picture.</summary>
    public static Frame NewPicture(int width, int height, bool fullRange)
    {
        var frame = new Frame();
        frame.Pointer->width = width;
        frame.Pointer->height = height;
        frame.Pointer->format = (int)AVPixelFormat.AV_PIX_FMT_YUV420P;
        frame.Pointer->color_range = fullRange ? AVColorRange.AVCOL_RANGE_JPEG : AVColorRange.AVCOL_RANGE_MPEG;
        return frame.Allocate();
    }

    /// <summary>Room for samples in planes of <see cref="float"/>.</summary>
    public static Frame NewSamples(int count, int channels, int samplingRate)
    {
        var frame = new Frame();
        frame.Pointer->nb_samples = count;
        frame.Pointer->sample_rate = samplingRate;
        frame.Pointer->format = (int)AVSampleFormat.AV_SAMPLE_FMT_FLTP;
        ffmpeg.av_channel_layout_default(&frame.Pointer->ch_layout, channels);
        return frame.Allocate();
    }

    /// <summary>Bytes from one row to the next.</summary>
    public int Stride(int plane) => Pointer->linesize[(uint)plane];

    /// <summary>A plane of an I420 picture: 0 luma, 1 and 2 chroma.</summary>
    public Span<byte> Plane(int plane)
    {
        if (!IsI420 || Stride(plane) <= 0 || Pointer->data[(uint)plane] is null)
            throw new InvalidOperationException($"not a plane of an I420 picture: {plane} of {PixelFormat}");
        return new Span<byte>(Pointer->data[(uint)plane], checked(Stride(plane) * RowsOf(plane)));
    }

    public int RowsOf(int plane) => plane == 0 ? Height : (Height + 1) / 2;
    public int ColumnsOf(int plane) => plane == 0 ? Width : (Width + 1) / 2;

    /// <summary>Samples of one channel, planes of float.</summary>
    public Span<float> Samples(int channel)
    {
        if (SampleFormat != AVSampleFormat.AV_SAMPLE_FMT_FLTP || (uint)channel >= Math.Min(ChannelCount, 8))
            throw new InvalidOperationException($"no such channel of floats: {channel} of {SampleFormat}");
        return new Span<float>(Pointer->data[(uint)channel], SampleCount);
    }

    /// <summary>Samples of all channels in turn, 16 bits.</summary>
    public ReadOnlySpan<short> Interleaved
        => SampleFormat == AVSampleFormat.AV_SAMPLE_FMT_S16 ? new(Pointer->data[0], SampleCount * ChannelCount) : throw new InvalidOperationException($"{SampleFormat} is not interleaved");

    /// <summary>Makes the bytes ours alone: a decoder may still hold the picture as a reference.</summary>
    public void MakeWritable() => FFmpegException.Check(ffmpeg.av_frame_make_writable(Pointer), "av_frame_make_writable");

    /// <summary>Aspect, colours and times of another picture, none of its bytes.</summary>
    public void CopyLooks(Frame other)
    {
        Pointer->sample_aspect_ratio = other.SampleAspect;
        Pointer->colorspace = other.ColorSpace;
        Pointer->pts = other.Pts;
    }

    /// <summary>For an encoder with <see cref="PictureEncoding.FixedQuantizer"/>: it reads the quantizer from each picture.</summary>
    public void UseFixedQuantizer(int quantizer) => Pointer->quality = ffmpeg.FF_QP2LAMBDA * quantizer;

    public void Empty() => ffmpeg.av_frame_unref(Pointer);

    /// <summary>Takes over what another frame holds, which is empty afterwards.</summary>
    public void TakeFrom(Frame other)
    {
        Empty();
        ffmpeg.av_frame_move_ref(Pointer, other.Pointer);
    }

    protected override bool ReleaseHandle()
    {
        var frame = Pointer;
        ffmpeg.av_frame_free(&frame);
        return true;
    }

    private Frame Allocate()
    {
        if (ffmpeg.av_frame_get_buffer(Pointer, 0) is < 0 and var error)
        {
            Dispose();
            throw new FFmpegException("av_frame_get_buffer", error);
        }
        return this;
    }
}
