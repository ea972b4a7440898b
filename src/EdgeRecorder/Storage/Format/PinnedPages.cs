namespace EdgeRecorder.Storage.Format;

/// <summary>Memory for pages that are written whole.</summary>
internal static class PinnedPages
{
    [ThreadStatic]
    private static byte[]? _scratch;

    /// <summary>As <see cref="Make"/>, of memory that is the thread's: valid until its next call. A segment's head and seal are made every few seconds, and written at once.</summary>
    public static Span<byte> Scratch(int length)
    {
        if (_scratch is null || _scratch.Length < length)
            _scratch = Make(Math.Max(length, 64 * 1024));
        var pages = _scratch.AsSpan(0, length);
        pages.Clear();
        return pages;
    }

    /// <summary>
    /// Zeros, pinned, and present: of memory that nobody has touched the kernel (seen on 6.18) copies what is there and repeats the write with only that part,
    /// which makes a page that was to be overwritten whole a device read.
    /// </summary>
    public static byte[] Make(int length)
    {
        var pages = GC.AllocateUninitializedArray<byte>(length, pinned: true);
        pages.AsSpan().Clear();
        return pages;
    }
}
