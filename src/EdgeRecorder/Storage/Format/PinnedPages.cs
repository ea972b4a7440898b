namespace EdgeRecorder.Storage.Format;

/// <summary>Memory for pages that are written whole.</summary>
internal static class PinnedPages
{
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
