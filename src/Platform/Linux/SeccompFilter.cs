using System.Runtime.InteropServices;

namespace EdgeRecorder.Platform.Linux;

/// <summary>
/// A seccomp filter (seccomp(2)): system calls that a program which only reads, computes and writes files never needs. They answer EPERM; a call of
/// another architecture, or of the x32 table, ends the process. Of ioctl those of devices are refused, but for the ones that it is told to let through.
/// </summary>
internal static unsafe class SeccompFilter
{
    // linux/bpf_common.h, linux/seccomp.h
    private const ushort LoadWord = 0x20, JumpEqual = 0x15, JumpGreaterOrEqual = 0x35, JumpAnySet = 0x45, And = 0x54, Return = 0x06;
    private const uint RetAllow = 0x7fff0000, RetErrno = 0x00050000, RetKillProcess = 0x80000000;
    private const uint EPERM = 1, ENOSYS = 38;
    private const uint AuditX64 = 0xC000003E, AuditArm64 = 0xC00000B7;      // AUDIT_ARCH_X86_64, AUDIT_ARCH_AARCH64
    private const int NumberOffset = 0, ArchitectureOffset = 4, FirstArgumentOffset = 16, SecondArgumentOffset = 24;       // struct seccomp_data; little-endian: the low half first
    private const uint CloneThread = 0x00010000;
    private const uint IoctlType = 0xff00;                  // _IOC_TYPE of an ioctl's number
    private const int SetModeFilter = 1, FlagTsync = 1;
    private const int PrSetNoNewPrivs = 38;

    private const uint None = uint.MaxValue;                // that architecture has no such call

    /// <summary>What answers EPERM: name, number on x86-64 (asm/unistd_64.h), number on arm64 (asm-generic/unistd.h).</summary>
    internal static readonly (string Name, uint X64, uint Arm64)[] Refused =
    [
        ("socket", 41, 198), ("socketpair", 53, 199), ("connect", 42, 203), ("bind", 49, 200), ("listen", 50, 201), ("accept", 43, 202), ("accept4", 288, 242),
        ("sendto", 44, 206), ("sendmsg", 46, 211), ("sendmmsg", 307, 269), ("recvfrom", 45, 207),
        ("execve", 59, 221), ("execveat", 322, 281), ("fork", 57, None), ("vfork", 58, None),
        ("ptrace", 101, 117), ("process_vm_readv", 310, 270), ("process_vm_writev", 311, 271), ("pidfd_getfd", 438, 438), ("pidfd_open", 434, 434),
        ("pidfd_send_signal", 424, 424), ("kill", 62, 129), ("tkill", 200, 130), ("rt_sigqueueinfo", 129, 138), ("rt_tgsigqueueinfo", 297, 240),
        ("io_uring_setup", 425, 425), ("bpf", 321, 280), ("perf_event_open", 298, 241), ("userfaultfd", 323, 282), ("keyctl", 250, 219), ("add_key", 248, 217),
        ("request_key", 249, 218),
        ("mount", 165, 40), ("umount2", 166, 39), ("pivot_root", 155, 41), ("chroot", 161, 51), ("move_mount", 429, 429), ("fsopen", 430, 430),
        ("open_tree", 428, 428), ("unshare", 272, 97), ("setns", 308, 268),
        ("init_module", 175, 105), ("finit_module", 313, 273), ("delete_module", 176, 106), ("kexec_load", 246, 104), ("kexec_file_load", 320, 294),
        ("reboot", 169, 142), ("swapon", 167, 224), ("swapoff", 168, 225),
    ];

    /// <summary>Allowed with one value of the first argument, or with one bit of it, and used by this class itself.</summary>
    internal static readonly (string Name, uint X64, uint Arm64) CloneCall = ("clone", 56, 220), Clone3Call = ("clone3", 435, 435), TgkillCall = ("tgkill", 234, 131),
        PrlimitCall = ("prlimit64", 302, 261), SeccompCall = ("seccomp", 317, 277), IoPriorityCall = ("ioprio_set", 251, 30), IoctlCall = ("ioctl", 16, 29);

    /// <summary>Types of ioctl that answer EPERM: 'V' are video devices (linux/videodev2.h) and virtual terminals, 0xB4 are lines of GPIO (linux/gpio.h). Both belong to the recorder's user.</summary>
    internal static readonly uint[] RefusedIoctlTypes = ['V', 0xB4];

    /// <summary>Sets it for every thread there is and will be. There is no way back.</summary>
    /// <param name="ioctls">Numbers of ioctl that are let through all the same. On every descriptor: a filter sees no files.</param>
    /// <exception cref="ErrnoException">The kernel has no seccomp, or refuses.</exception>
    public static void Apply(IReadOnlyCollection<uint> ioctls)
    {
        var program = Write((uint)Environment.ProcessId, ioctls);
        if (LibC.prctl(PrSetNoNewPrivs, 1, 0, 0, 0) != 0)
            throw new ErrnoException("prctl", "PR_SET_NO_NEW_PRIVS", Marshal.GetLastPInvokeError());
        fixed (Instruction* first = program)
        {
            var header = new Program { Length = (ushort)program.Length, First = first };
            // With TSYNC the other threads get no_new_privs and the filter too; a positive answer is the thread that could not.
            var answer = LibC.syscall((nint)Number(SeccompCall), SetModeFilter, FlagTsync, (nint)(&header));
            if (answer != 0)
                throw new ErrnoException("seccomp", "SECCOMP_SET_MODE_FILTER", answer < 0 ? Marshal.GetLastPInvokeError() : (int)EPERM);
        }
    }

    /// <summary>The call's number on this machine.</summary>
    internal static uint Number((string Name, uint X64, uint Arm64) call) => RuntimeInformation.ProcessArchitecture switch
    {
        Architecture.X64 => call.X64,
        Architecture.Arm64 => call.Arm64,
        var other => throw new PlatformNotSupportedException($"no list of system calls for {other}"),
    };

    /// <summary>
    /// Architecture, then number, then for some calls the first argument: clone may make threads only (a process would be a way out of limits), clone3 hides its flags
    /// behind a pointer and is answered with ENOSYS, upon which the C library takes clone; signals go to threads of this process only (abort needs that), limits are its own.
    /// </summary>
    private static Instruction[] Write(uint processId, IReadOnlyCollection<uint> ioctls)
    {
        var isX64 = RuntimeInformation.ProcessArchitecture == Architecture.X64;
        List<Instruction> program =
        [
            new(LoadWord, 0, 0, ArchitectureOffset),
            new(JumpEqual, 1, 0, isX64 ? AuditX64 : AuditArm64),
            new(Return, 0, 0, RetKillProcess),
            new(LoadWord, 0, 0, NumberOffset),
        ];
        if (isX64)
            program.AddRange([new(JumpGreaterOrEqual, 0, 1, 0x40000000), new(Return, 0, 0, RetKillProcess)]);
        program.AddRange([new(JumpEqual, 0, 1, Number(Clone3Call)), new(Return, 0, 0, RetErrno | ENOSYS)]);
        OnlyWith(CloneCall, new(JumpAnySet, 0, 1, CloneThread));
        OnlyWith(TgkillCall, new(JumpEqual, 0, 1, processId));
        OnlyWith(PrlimitCall, new(JumpEqual, 0, 1, 0));
        Ioctls();
        foreach (var call in Refused)
            if (Number(call) is var number and not None)
                program.AddRange([new(JumpEqual, 0, 1, number), new(Return, 0, 0, RetErrno | EPERM)]);
        program.Add(new(Return, 0, 0, RetAllow));
        return [.. program];

        // The kernel looks at the low half of an ioctl's number alone, and so does this.
        void Ioctls()
        {
            List<Instruction> part = [new(LoadWord, 0, 0, SecondArgumentOffset)];
            foreach (var number in ioctls)
                part.AddRange([new(JumpEqual, 0, 1, number), new(Return, 0, 0, RetAllow)]);
            part.Add(new(And, 0, 0, IoctlType));
            foreach (var type in RefusedIoctlTypes)
                part.AddRange([new(JumpEqual, 0, 1, type << 8), new(Return, 0, 0, RetErrno | EPERM)]);
            part.Add(new(Return, 0, 0, RetAllow));
            program.AddRange([new(JumpEqual, 0, checked((byte)part.Count), Number(IoctlCall)), .. part]);
        }

        void OnlyWith((string Name, uint X64, uint Arm64) call, Instruction firstArgument)
            => program.AddRange([new(JumpEqual, 0, 4, Number(call)), new(LoadWord, 0, 0, FirstArgumentOffset), firstArgument, new(Return, 0, 0, RetAllow), new(Return, 0, 0, RetErrno | EPERM)]);
    }

    /// <summary>struct sock_filter.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct Instruction(ushort code, byte jumpTrue, byte jumpFalse, uint value)
    {
        public readonly ushort Code = code;                 // 0
        public readonly byte JumpTrue = jumpTrue;           // 2
        public readonly byte JumpFalse = jumpFalse;         // 3
        public readonly uint Value = value;                 // 4
    }

    /// <summary>struct sock_fprog.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private struct Program
    {
        public ushort Length;                               // 0
        public Instruction* First;                          // 8
    }
}
