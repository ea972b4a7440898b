using EdgeRecorder.Platform.Cairo;

namespace EdgeRecorder.MediaWorker;

/// <summary>A page with a picture, its time and the comment.</summary>
internal static class StillPage
{
    private const double LargestText = 14;                  // points

    /// <exception cref="JobException">The libraries that write PDF are not installed.</exception>
    public static void Write(MediaJob job, string path, byte[] jpeg, int width, int height, long atMs)
    {
        if (CairoLibraries.WhyNot is { } missing)
            throw new JobException(JobException.Unsupported, missing);
        var color = JobRules.ColorOf(job.Overlay?.Color ?? "#000000") ?? default;
        if (color == (255, 255, 255))
            color = default;                                // white is what overlays are by default; on paper nobody could read it
        using var page = new PdfPage(path, job.Page?.Landscape ?? false, job.Title);
        page.DrawJpeg(jpeg, width, height, Area(job.Page?.Snapshot, 0.05, 0.05, 0.95, 0.70));
        var comment = job.Overlay?.Comment ?? job.Comment;
        if (!string.IsNullOrWhiteSpace(comment))
            page.DrawText(comment, LargestText, Area(job.Page?.Comment, 0.05, 0.80, 0.95, 0.95), color);
        if (!string.IsNullOrEmpty(job.Overlay?.TimeFormat))
            page.DrawText(TimeText.Of(job, atMs, job.Overlay.TimeFormat), LargestText, Area(job.Page?.Time, 0.05, 0.72, 0.95, 0.78), color);
        page.Finish();
    }

    private static PageArea Area(double[]? area, double left, double top, double right, double bottom)
        => area is [var l, var t, var r, var b] ? new(l, t, r, b) : new(left, top, right, bottom);
}
