namespace EdgeRecorder.Platform.Linux;

/// <summary>The C library's heap, which the runtime, SQLite and OpenSSL allocate from.</summary>
public static class NativeHeap
{
    /// <summary>Returns free pages to the kernel (malloc_trim(3)). False when there was nothing to return, or the library is not glibc.</summary>
    public static bool Trim()
    {
        try
        {
            return LibC.malloc_trim(0) != 0;
        }
        catch (EntryPointNotFoundException)
        {
            return false;                                   // musl keeps no free lists of this kind
        }
    }
}
