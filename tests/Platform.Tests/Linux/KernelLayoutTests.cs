using System.Reflection;
using System.Runtime.InteropServices;
using EdgeRecorder.Platform.Linux;
using EdgeRecorder.Platform.Tests.FFmpeg;

namespace EdgeRecorder.Platform.Tests.Linux;

/// <summary>Our declarations of the kernel's structs, ioctl numbers and constants against its C headers, on both architectures that boxes have.</summary>
public sealed class KernelLayoutTests
{
    private static readonly string[] Headers = ["linux/types.h", "linux/gpio.h", "linux/videodev2.h", "sys/epoll.h", "sys/eventfd.h", "sys/mman.h", "poll.h", "fcntl.h", "errno.h"];

    [Theory]
    [InlineData("x86-64", "Gpio", 8)]
    [InlineData("arm64", "Gpio", 8)]
    [InlineData("x86-64", "V4l2", 20)]
    [InlineData("arm64", "V4l2", 20)]
    public void Structs_lie_in_memory_as_the_headers_say(string architecture, string area, int least)
    {
        List<(string Expression, long Bound)> questions = [];
        var structs = Of(area).Where(type => type is { IsValueType: true, IsEnum: false } && type.StructLayoutAttribute is { Value: LayoutKind.Explicit }).ToList();
        Assert.True(structs.Count >= least, $"only {structs.Count} structs");
        foreach (var type in structs)
        {
            questions.Add(($"sizeof(struct {type.Name})", type.StructLayoutAttribute!.Size));
            questions.Add(($"sizeof(struct {type.Name})", Marshal.SizeOf(type)));
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
            {
                questions.Add(($"offsetof(struct {type.Name}, {field.Name})", field.GetCustomAttribute<FieldOffsetAttribute>()!.Value));
                questions.Add(($"sizeof(((struct {type.Name} *)0)->{field.Name})", field.FieldType.IsPointer ? 8 : Marshal.SizeOf(field.FieldType)));
            }
        }
        Compare(architecture, questions);
    }

    [Theory]
    [InlineData("x86-64", "Gpio", 18)]
    [InlineData("arm64", "Gpio", 18)]
    [InlineData("x86-64", "V4l2", 60)]
    [InlineData("arm64", "V4l2", 60)]
    public void Numbers_are_those_of_the_headers(string architecture, string area, int least)
    {
        var constants = Of(area).Where(type => type.Name.EndsWith("Abi", StringComparison.Ordinal)).SelectMany(type => type.GetFields(BindingFlags.Public | BindingFlags.Static)).Where(field => field.IsLiteral).ToList();
        Assert.True(constants.Count >= least, $"only {constants.Count} constants");
        Compare(architecture, [.. constants.Select(constant => ($"(unsigned long long)({constant.Name})", Convert.ToInt64(constant.GetRawConstantValue(), System.Globalization.CultureInfo.InvariantCulture)))]);
    }

    [Theory]
    [InlineData("x86-64")]
    [InlineData("arm64")]
    public void Waiting_and_mapping_are_called_with_what_the_headers_say(string architecture)
    {
        var (size, data) = architecture == "arm64" ? ReadyLoop.EventArm64 : ReadyLoop.EventX64;
        Compare(architecture,
        [
            ("sizeof(struct epoll_event)", size), ("offsetof(struct epoll_event, events)", 0), ("offsetof(struct epoll_event, data)", data),
            ("sizeof(struct pollfd)", 8), ("offsetof(struct pollfd, events)", 4), ("offsetof(struct pollfd, revents)", 6),
            ("EPOLL_CLOEXEC", LibC.EPOLL_CLOEXEC), ("EPOLL_CTL_ADD", LibC.EPOLL_CTL_ADD), ("EPOLL_CTL_DEL", LibC.EPOLL_CTL_DEL), ("EPOLLIN", LibC.EPOLLIN), ("EFD_CLOEXEC", LibC.EFD_CLOEXEC),
            ("POLLIN", LibC.POLLIN), ("POLLPRI", LibC.POLLPRI), ("POLLOUT", LibC.POLLOUT), ("POLLERR", LibC.POLLERR),
            ("O_RDWR", LibC.O_RDWR), ("O_NONBLOCK", LibC.O_NONBLOCK), ("O_CLOEXEC", LibC.O_CLOEXEC), ("PROT_READ", LibC.PROT_READ), ("PROT_WRITE", LibC.PROT_WRITE), ("MAP_SHARED", LibC.MAP_SHARED),
        ]);
    }

    private static void Compare(string architecture, List<(string Expression, long Bound)> questions)
    {
        var answers = (architecture == "arm64" ? CCompiler.Arm64 : CCompiler.X64).Ask(Headers, questions.Select(q => q.Expression));
        Assert.Equal(questions.Count, answers.Count);
        Assert.Equal(questions.Zip(answers, (q, answer) => $"{q.Expression} = {answer}"), questions.Select(q => $"{q.Expression} = {q.Bound}"));
    }

    private static IEnumerable<Type> Of(string area) => typeof(ErrnoException).Assembly.GetTypes().Where(type => type.Namespace == $"EdgeRecorder.Platform.{area}" && !type.IsNested);
}
