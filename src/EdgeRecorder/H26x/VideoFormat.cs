namespace EdgeRecorder.H26x;

/// <summary>What a sequence parameter set says of the picture.</summary>
/// <param name="Id">seq_parameter_set_id.</param>
/// <param name="Width">Luma samples after cropping.</param>
/// <param name="FrameRate">Frames per second from the VUI timing, 0 without.</param>
/// <param name="Interlaced">H.264 frame_mbs_only_flag = 0: two fields may share one time stamp.</param>
internal readonly record struct VideoFormat(int Id, int Width, int Height, double FrameRate, bool Interlaced)
{
    /// <summary>Sane frame rates only: VUI timing is often a placeholder (1/1, 90000/1).</summary>
    public static double Rate(double ticksPerSecond, double ticksPerFrame)
        => ticksPerFrame > 0 && ticksPerSecond / ticksPerFrame is > 0.05 and <= 480 and var rate ? rate : 0;
}
