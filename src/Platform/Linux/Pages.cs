using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>Pages of the managed heap.</summary>
public static class Pages
{
    /// <summary>Gives the whole pages inside back to the kernel. What stood in them is lost: they read as zeros afterwards.</summary>
    /// <param name="pinned">Of an array that was allocated pinned: nobody moves it meanwhile.</param>
    /// <exception cref="ErrnoException">The kernel refused.</exception>
    public static unsafe void LetGo(byte[] pinned)
    {
        fixed (byte* first = pinned)
        {
            var page = (nuint)Environment.SystemPageSize;
            var start = ((nuint)first + page - 1) / page * page;
            var end = ((nuint)first + (nuint)pinned.Length) / page * page;
            if (end > start && LibC.madvise(start, end - start, LibC.MADV_DONTNEED) != 0)
                throw new ErrnoException("madvise", "of idle memory", Marshal.GetLastPInvokeError());
        }
    }
}
